import type { Command } from 'commander';
import { isTaskSettled } from '../../model/status.ts';
import type { Actor, Task } from '../../model/task.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { taskDocument } from '../output/documents.ts';
import { taskLine } from '../output/marks.ts';
import { taskId } from '../parse-arguments.ts';
import { withTasks } from '../session.ts';

interface ActionOptions {
  readonly reason?: string;
  readonly actor?: string;
}

/** What an operator may do with a whole task: one line each. */
interface TaskAction {
  readonly name: string;
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
      .argument('<task-id>', 'the id of the task')
      .option('--reason <why>', 'why; recorded with the action')
      .option('--actor <who>', 'who acts (default: your user name)');
    perform<ActionOptions>(command, cli, (invocation) => act(action, invocation));
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
