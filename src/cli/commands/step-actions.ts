import type { Command } from 'commander';
import { TaskerError } from '../../kernel/errors.ts';
import type { WorkflowStep } from '../../model/task.ts';
import type { StepName, Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { readProgress } from '../follow.ts';
import { stepDocument } from '../output/documents.ts';
import { stepLine, waitingBecause } from '../output/explain.ts';
import { signOf } from '../output/marks.ts';
import { jsonArgument, stepName, taskId, wholeNumber } from '../parse-arguments.ts';
import { withTasks } from '../session.ts';
import { actorOf } from './task-actions.ts';

interface StepOptions {
  readonly reason?: string;
  readonly actor?: string;
  readonly result?: string;
  readonly inputs?: string;
  readonly retryLimit?: number;
}

type StepInvocation = Invocation<StepOptions>;
type StepCall = { readonly tasker: Tasker; readonly id: number; readonly step: StepName };

/** What an operator may do with one step: one entry each. `prepare` reads the options before a database is opened. */
interface StepAction {
  readonly name: string;
  readonly description: string;
  readonly addOptions: (command: Command) => Command;
  readonly prepare: (
    invocation: StepInvocation,
  ) => Promise<(call: StepCall) => Promise<WorkflowStep>>;
}

const ACTIONS: readonly StepAction[] = [
  {
    name: 'retry',
    description:
      'Lets a failed or waiting step run now, with as many further attempts as its definition gives.',
    addOptions: (command) => command,
    prepare: (invocation) =>
      Promise.resolve(({ tasker, id, step }) => tasker.retryStep(id, step, actorOf(invocation))),
  },
  {
    name: 'resolve',
    description: 'Marks a step as done by hand; its dependents go on with the result you give.',
    addOptions: (command) =>
      command.option(
        '--result <json>',
        'the result that dependents see, as JSON or @file (default: {})',
      ),
    prepare: async (invocation) => {
      const { options, io } = invocation;
      if (options.result === undefined) {
        return ({ tasker, id, step }) => tasker.resolveStep(id, step, actorOf(invocation));
      }
      const result = await jsonArgument('--result', options.result, io.directory);
      return ({ tasker, id, step }) =>
        tasker.resolveStep(id, step, { ...actorOf(invocation), result });
    },
  },
  {
    name: 'cancel',
    description: 'Cancels a step that has not finished, and with it what can no longer run.',
    addOptions: (command) => command,
    prepare: (invocation) =>
      Promise.resolve(({ tasker, id, step }) => tasker.cancelStep(id, step, actorOf(invocation))),
  },
  {
    name: 'update',
    description:
      'Edits the inputs or the retry limit of a step that has not finished; a task in error may revive.',
    addOptions: (command) =>
      command
        .option('--inputs <json>', 'what the handler gets as context, as JSON or @file')
        .option('--retry-limit <number>', 'attempts in total', wholeNumber(1, 1_000_000)),
    prepare: prepareUpdate,
  },
];

/** `tasker steps retry|resolve|cancel|update`. */
export function addStepActions(parent: Command, cli: Cli): void {
  for (const action of ACTIONS) {
    const command = action
      .addOptions(
        parent
          .command(action.name)
          .description(action.description)
          .argument('<task-id>', 'the id of the task')
          .argument('<step>', 'the name of the step, or its position from 0'),
      )
      .option('--reason <why>', 'why; recorded with the action')
      .option('--actor <who>', 'who acts (default: your user name)');
    perform<StepOptions>(command, cli, (invocation) => act(action, invocation));
  }
}

async function prepareUpdate(
  invocation: StepInvocation,
): Promise<(call: StepCall) => Promise<WorkflowStep>> {
  const { options, io } = invocation;
  const { retryLimit } = options;
  if (options.inputs === undefined && retryLimit === undefined) {
    throw new TaskerError('INVALID_REQUEST', {
      problem: 'nothing to change: give --inputs or --retry-limit',
    });
  }
  const inputs =
    options.inputs === undefined
      ? undefined
      : await jsonArgument('--inputs', options.inputs, io.directory);
  const change = {
    ...actorOf(invocation),
    ...(inputs === undefined ? {} : { inputs }),
    ...(retryLimit === undefined ? {} : { retryLimit }),
  };
  return ({ tasker, id, step }) => tasker.updateStep(id, step, change);
}

async function act(action: StepAction, invocation: StepInvocation): Promise<number> {
  const { args, screen, io } = invocation;
  const id = taskId(args[0] ?? '');
  const call = await action.prepare(invocation);
  const { step, progress } = await withTasks(invocation, async (tasker) => ({
    step: await call({ tasker, id, step: stepName(args[1] ?? '') }),
    progress: await readProgress(tasker, id),
  }));
  const around = { progress, now: io.now() };
  if (screen.json) {
    screen.document({ step: stepDocument(step, waitingBecause(step, around)) });
    return 0;
  }
  const { mark, name, note } = stepLine(step, around);
  screen.print(`${signOf(mark, screen.style)} ${name}  ${note}   (task ${id})`);
  return 0;
}
