import type { Command } from 'commander';
import { isTaskSettled } from '../../model/status.ts';
import type { Actor, Task } from '../../model/task.ts';
import { TaskerError } from '../../kernel/errors.ts';
import type { BulkAnswer, BulkRequest, Count } from '../../engine/list-types.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { taskDocument } from '../output/documents.ts';
import { taskLine } from '../output/marks.ts';
import { EXIT_BAD_INPUT } from '../failure.ts';
import { collect, taskId, wholeNumber } from '../parse-arguments.ts';
import type { Screen } from '../screen.ts';
import { withTasks } from '../session.ts';

interface ActionOptions {
  readonly reason?: string;
  readonly actor?: string;
}

interface TaskActionOptions extends ActionOptions {
  readonly filter?: readonly string[];
  readonly limit?: number;
  readonly yes?: boolean;
}

/** Tasks of one call, unless told otherwise. */
const LIMIT = 1_000;

/** What an operator may do with a whole task: one line each. */
interface TaskAction {
  readonly name: BulkRequest['action'];
  readonly description: string;
  readonly act: (tasker: Tasker, id: number, by: Actor) => Promise<Task>;
}

const ACTIONS: readonly TaskAction[] = [
  {
    name: 'cancel',
    description: 'Cancels a task: what has not finished will not run, what runs is told to stop.',
    act: (tasker, id, by) => tasker.cancelTask(id, by),
  },
  {
    name: 'retry',
    description:
      'Sets a task in error going again from its failed steps; finished steps are not run again.',
    act: (tasker, id, by) => tasker.retryTask(id, by),
  },
  {
    name: 'resolve',
    description:
      'Closes a task by hand: what had not finished is cancelled, the task counts as resolved.',
    act: (tasker, id, by) => tasker.resolveTask(id, by),
  },
];

/** `tasker tasks cancel|retry|resolve`. */
export function addTaskActions(parent: Command, cli: Cli): void {
  for (const action of ACTIONS) {
    const command = parent
      .command(action.name)
      .description(action.description)
      .argument('[task-id]', 'the id of the task; leave it out with --filter')
      .option(
        '--filter <key=value>',
        'every task that fits: status, name, tag, source_system, context.cart.id, …; may be given several times',
        collect,
      )
      .option(
        '--limit <number>',
        'with --filter, at most so many tasks (default: 1000)',
        wholeNumber(1, 10_000),
      )
      .option('--yes', 'with --filter, do it; without, only count')
      .option('--reason <why>', 'why; recorded with the action')
      .option('--actor <who>', 'who acts (default: your user name)');
    perform<TaskActionOptions>(command, cli, (invocation) =>
      invocation.options.filter === undefined
        ? act(action, invocation)
        : actOnMany(action.name, invocation),
    );
  }
}

/** Who acts, from the options or the user's name. */
export function actorOf({ options, io }: Invocation<ActionOptions>): Actor {
  const actor = options.actor ?? io.user;
  return options.reason === undefined ? { actor } : { actor, reason: options.reason };
}

async function act(action: TaskAction, invocation: Invocation<ActionOptions>): Promise<number> {
  const { args, screen, io } = invocation;
  const id = taskId(args[0] ?? '');
  const task = await withTasks(invocation, (tasker) => action.act(tasker, id, actorOf(invocation)));
  if (screen.json) screen.document({ task: taskDocument(task) });
  else screen.print(`task ${task.taskId}  ${task.name}  ${taskLine(task, io.now(), screen.style)}`);
  if (!isTaskSettled(task.status)) screen.remark('a worker runs it: tasker worker');
  return 0;
}

/** The same for every task that a filter finds. Without `--yes` they are only counted, and the exit code says that nothing was done. */
async function actOnMany(
  action: BulkRequest['action'],
  invocation: Invocation<TaskActionOptions>,
): Promise<number> {
  const { args, options, screen, toolbox } = invocation;
  const { filter = [], limit = LIMIT, yes = false } = options;
  if (args[0] !== undefined) {
    const problem = 'give the id of a task or --filter, not both';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  const request = {
    action,
    filter: await toolbox.taskFilter(wordsOf(filter)),
    by: actorOf(invocation),
    limit,
    preview: !yes,
  };
  const answer = await withTasks(invocation, (tasker) => tasker.actOnTasks(request));
  if (screen.json) screen.document(bulkDocument(answer));
  else if (!yes) screen.print(`${counted(answer.matched)} fit; nothing was done: add --yes`);
  else tellMany(answer, screen);
  return yes ? 0 : EXIT_BAD_INPUT;
}

function wordsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const words = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, equals));
    if (key === '' || words.has(key)) {
      const problem = `--filter takes key=value, each key once, not ${JSON.stringify(pair)}`;
      throw new TaskerError('INVALID_REQUEST', { problem });
    }
    words.set(key, pair.slice(equals + 1));
  }
  return Object.fromEntries(words);
}

function tellMany({ acted, refused, remaining }: BulkAnswer, screen: Screen): void {
  screen.print(`${acted === 1 ? '1 task' : `${acted} tasks`} done, ${refused.length} refused`);
  for (const { taskId: id, message } of refused.slice(0, 10)) screen.print(`  ${id}  ${message}`);
  if (remaining.count > 0) screen.remark(`  ${counted(remaining)} left by the limit`);
}

function counted({ count, exact }: Count): string {
  const tasks = count === 1 ? '1 task' : `${count} tasks`;
  return exact ? tasks : `at least ${tasks}`;
}

function bulkDocument({ matched, acted, refused, remaining }: BulkAnswer): object {
  return {
    matched,
    acted,
    refused: refused.map(({ taskId: id, code, message }) => ({ task_id: id, code, message })),
    remaining,
  };
}
