import { Option } from 'commander';
import type { Command } from 'commander';
import { formatDuration } from '../../kernel/duration.ts';
import { TASK_STATUSES, isTaskSettled } from '../../model/status.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Task } from '../../model/task.ts';
import type { TaskListRequest } from '../../engine/list-types.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { taskDocument } from '../output/documents.ts';
import { taskDuration } from '../output/explain.ts';
import { paintStatus } from '../output/marks.ts';
import { table } from '../output/table.ts';
import { wholeNumber } from '../parse-arguments.ts';
import type { Screen } from '../screen.ts';
import { withTasks } from '../session.ts';

interface ListOptions {
  readonly status?: readonly TaskStatus[];
  readonly name?: string;
  readonly namespace?: string;
  readonly tag?: string;
  readonly initiator?: string;
  readonly sourceSystem?: string;
  readonly before?: number;
  readonly limit?: number;
}

/** `tasker tasks list`: the newest tasks, filtered, page by page. */
export function addListCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('list')
    .description('Lists tasks, newest first.')
    .addOption(
      new Option('--status <status...>', 'only tasks in these states').choices(TASK_STATUSES),
    )
    .option('--name <name>', 'only tasks of this definition')
    .option('--namespace <name>', 'only tasks of this namespace')
    .option('--tag <tag>', 'only tasks with this tag')
    .option('--initiator <who>', 'only tasks that this person or system asked for')
    .option('--source-system <name>', 'only tasks from this system')
    .option(
      '--before <task-id>',
      'only older tasks than this one',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--limit <number>', 'at most so many, 1 to 200 (default: 20)', wholeNumber(1, 200));
  perform<ListOptions>(command, cli, list);
}

async function list(invocation: Invocation<ListOptions>): Promise<number> {
  const { screen, io, options } = invocation;
  const page = await withTasks(invocation, (tasker) => tasker.tasks(filterOf(options)));
  if (screen.json) {
    screen.document({ tasks: page.tasks.map(taskDocument), next: page.next?.taskId ?? null });
    return 0;
  }
  if (page.tasks.length === 0) screen.remark('no task matches');
  else screen.print(taskTable(page.tasks, screen, io.now()));
  if (page.next !== null) screen.remark(`more: --before ${page.next.taskId}`);
  return 0;
}

function filterOf(options: ListOptions): TaskListRequest {
  const { status, name, namespace, tag, initiator, sourceSystem, before, limit } = options;
  return {
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(tag === undefined ? {} : { tag }),
    ...(initiator === undefined ? {} : { initiator }),
    ...(sourceSystem === undefined ? {} : { sourceSystem }),
    ...(before === undefined ? {} : { after: { taskId: before, at: null } }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function taskTable(tasks: readonly Task[], screen: Screen, now: Date): string {
  const { style } = screen;
  const took = (task: Task): string =>
    task.startedAt === null && !isTaskSettled(task.status)
      ? '-'
      : formatDuration(taskDuration(task, now));
  return table<Task>(
    [
      { title: 'ID', cell: (task) => String(task.taskId), paint: style.strong },
      { title: 'TASK', cell: (task) => task.name },
      {
        title: 'STATUS',
        // A pipe gets the word that filters take; a person gets it without underscores.
        cell: (task) => (screen.interactive ? task.status.replaceAll('_', ' ') : task.status),
        paint: (text, task) => paintStatus(text, task.status, style),
      },
      { title: 'CREATED', cell: (task) => screen.moment(task.createdAt) },
      { title: 'TOOK', cell: took },
      { title: 'INITIATOR', cell: (task) => task.initiator },
      { title: 'REASON', cell: (task) => task.reason, paint: style.faint },
    ],
    tasks,
    { width: screen.width, style },
  );
}
