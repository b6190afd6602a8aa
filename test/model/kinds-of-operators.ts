/** What people do to tasks and steps, whatever state they are in. */
import { expect } from 'vitest';
import { updateStep } from '../../src/engine/edit-step.ts';
import { cancelStep, resolveStep, retryStep } from '../../src/engine/operate-step.ts';
import { cancelTask, resolveTask, retryTask, updateTask } from '../../src/engine/operate-task.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { resetStep, resetTask } from '../../src/engine/reset.ts';
import { answerOf } from './engine-side.ts';
import { happened, type Dice, type Kind } from './kind.ts';
import { taskId } from './lab.ts';
import * as model from './operators.ts';
import { stepOf, taskOf, type StepState, type TaskState, type World } from './world.ts';

const by = { actor: 'model', reason: 'test' };

/** A verb on both sides. */
interface Verb {
  readonly shown: string;
  readonly predicted: () => model.VerbAnswer;
  readonly real: (parts: EngineParts, id: number) => Promise<unknown>;
}

interface At {
  readonly task: number;
  readonly step: number;
}

/** A verb on a task: mostly on one that it fits, now and then on one that does not exist. */
function onTask(
  name: string,
  { weight, fits }: { readonly weight: number; readonly fits: (task: TaskState) => boolean },
  verbOf: (world: World, task: number, dice: Dice) => Verb,
): Kind {
  return {
    name,
    weight,
    applies: ({ tasks }) => tasks.length > 0,
    run: async (world, trial, dice) => {
      const task = numberOf(world.tasks, fits, dice);
      const verb = verbOf(world, task, dice);
      const isUnknown = dice.onceIn(12);
      const id = isUnknown ? UNKNOWN_ID : taskId(trial, task);
      const real = await answerOf(verb.real(trial.parts, id));
      const predicted = isUnknown ? 'TASK_NOT_FOUND' : verb.predicted();
      expect(real).toBe(predicted);
      return happened(`${isUnknown ? 'unknown' : task} ${verb.shown}`, predicted === 'done');
    },
  };
}

const UNKNOWN_ID = 2 ** 36;

/** A verb on a step: mostly on one that it fits. */
function onStep(
  name: string,
  { weight, fits }: { readonly weight: number; readonly fits: (step: StepState) => boolean },
  verbOf: (world: World, at: At, dice: Dice) => Verb,
): Kind {
  const fitsTask = (task: TaskState): boolean => isOpen(task) && task.steps.some(fits);
  return onTask(name, { weight, fits: fitsTask }, (world, task, dice) => {
    const step = numberOf(taskOf(world, task).steps, fits, dice);
    const verb = verbOf(world, { task, step }, dice);
    return { ...verb, shown: `.${step} ${verb.shown}` };
  });
}

/** Three times out of four a number of what fits, if anything does. */
function numberOf<T>(list: readonly T[], fits: (element: T) => boolean, dice: Dice): number {
  const fitting = list.flatMap((element, number) => (fits(element) ? [number] : []));
  return dice.onceIn(4) || fitting.length === 0 ? dice.roll(list.length) : dice.of(fitting);
}

const isOpen = ({ stage }: TaskState): boolean => ['new', 'going', 'failed'].includes(stage);
const isUnfinished = ({ stage }: StepState): boolean => ['idle', 'held', 'failed'].includes(stage);
const hasFailed = ({ stage }: { readonly stage: string }): boolean => stage === 'failed';

export const OPERATOR_KINDS: readonly Kind[] = [
  onTask('cancel_task', { weight: 1, fits: isOpen }, (world, task) => ({
    shown: '',
    predicted: () => model.closeTask(world, task, 'dropped'),
    real: (parts, id) => cancelTask(parts, id, by),
  })),
  onTask('resolve_task', { weight: 1, fits: isOpen }, (world, task) => ({
    shown: '',
    predicted: () => model.closeTask(world, task, 'by_hand'),
    real: (parts, id) => resolveTask(parts, id, by),
  })),
  onTask('retry_task', { weight: 2, fits: hasFailed }, (world, task) => ({
    shown: '',
    predicted: () => model.retryTask(world, task),
    real: (parts, id) => retryTask(parts, id, by),
  })),
  onTask('reset_task', { weight: 1, fits: isOpen }, (world, task) => ({
    shown: '',
    predicted: () => model.resetTask(world, task),
    real: (parts, id) => resetTask(parts, id, by),
  })),
  onTask('edit_task', { weight: 1, fits: () => true }, (world, task, dice) => {
    const reason = `reason ${dice.roll(9)}`;
    return {
      shown: reason,
      predicted: () => model.renameTask(world, task, reason),
      real: (parts, id) => updateTask(parts, id, { reason }),
    };
  }),
  onStep('cancel_step', { weight: 1, fits: isUnfinished }, (world, at) => ({
    shown: '',
    predicted: () => model.cancelStep(world, at),
    real: (parts, id) => cancelStep(parts, { taskId: id, step: at.step }, by),
  })),
  onStep('retry_step', { weight: 2, fits: hasFailed }, (world, at) => ({
    shown: '',
    predicted: () => model.retryStep(world, at),
    real: (parts, id) => retryStep(parts, { taskId: id, step: at.step }, by),
  })),
  onStep('reset_step', { weight: 2, fits: isUnfinished }, (world, at) => ({
    shown: '',
    predicted: () => model.resetStep(world, at),
    real: (parts, id) => resetStep(parts, { taskId: id, step: at.step }, by),
  })),
  onStep('resolve_step', { weight: 2, fits: isUnfinished }, (world, at, dice) => {
    const result = dice.roll(9);
    return {
      shown: `as ${result}`,
      predicted: () => model.resolveStep(world, at, `${result}`),
      real: (parts, id) => resolveStep(parts, { taskId: id, step: at.step }, { ...by, result }),
    };
  }),
  onStep('limit_step', { weight: 2, fits: isUnfinished }, (world, at, dice) => {
    const { runs } = stepOf(world, at);
    const retryLimit = dice.onceIn(8) ? 0 : Math.max(1, runs - 1 + dice.roll(4));
    return {
      shown: `to ${retryLimit}`,
      predicted: () => model.limitStep(world, at, retryLimit),
      real: (parts, id) => updateStep(parts, { taskId: id, step: at.step }, { ...by, retryLimit }),
    };
  }),
  onStep('feed_step', { weight: 1, fits: isUnfinished }, (world, at, dice) => {
    const inputs = { fed: dice.roll(9) };
    return {
      shown: JSON.stringify(inputs),
      predicted: () => model.feedStep(world, at, `{"fed": ${inputs.fed}}`),
      real: (parts, id) => updateStep(parts, { taskId: id, step: at.step }, { ...by, inputs }),
    };
  }),
];
