/** What operators' verbs do to the world of the reference model: accepted, or refused with a code and no change. */
import { endRun, moveOn, unmet } from './progress.ts';
import { planStepOf, stepOf, taskOf, type StepState, type TaskState, type World } from './world.ts';

export type VerbAnswer = 'done' | 'TASK_STATE_CONFLICT' | 'STEP_STATE_CONFLICT' | 'INVALID_REQUEST';

interface At {
  readonly task: number;
  readonly step: number;
}

/** Stops a whole task: what has not finished is dropped. `as`: cancelled, or closed by hand. */
export function closeTask(world: World, number: number, as: 'dropped' | 'by_hand'): VerbAnswer {
  const task = taskOf(world, number);
  if (!isOpen(task)) return 'TASK_STATE_CONFLICT';
  task.steps.forEach((_, step) => drop(world, { task: number, step }));
  Object.assign(task, { stage: as, ended: world.now });
  return 'done';
}

/** Lets a failed task go on from the steps that gave up, each with all its runs ahead. */
export function retryTask(world: World, number: number): VerbAnswer {
  const task = taskOf(world, number);
  if (task.stage !== 'failed') return 'TASK_STATE_CONFLICT';
  reopenAll(world, number);
  revive(task);
  moveOn(world, number);
  return 'done';
}

/** Gives every unfinished step all its runs ahead; what gave up goes on. */
export function resetTask(world: World, number: number): VerbAnswer {
  const task = taskOf(world, number);
  if (!isOpen(task)) return 'TASK_STATE_CONFLICT';
  task.steps.forEach((step, position) => {
    if (isUnfinished(step)) renew(world, { task: number, step: position });
  });
  reopenAll(world, number);
  revive(task);
  moveOn(world, number);
  return 'done';
}

export function renameTask(world: World, number: number, reason: string): VerbAnswer {
  taskOf(world, number).reason = reason;
  return 'done';
}

/** Drops a step and everything that needs it. */
export function cancelStep(world: World, at: At): VerbAnswer {
  return onStep(world, at, (step, task) => {
    if (!isUnfinished(step)) return 'STEP_STATE_CONFLICT';
    revive(task);
    for (const position of withDependents(task, at.step))
      drop(world, { task: at.task, step: position });
    return 'done';
  });
}

/** Lets a failed step run now, whether it waits or has given up, with all its runs ahead. */
export function retryStep(world: World, at: At): VerbAnswer {
  return onStep(world, at, (step, task) => {
    if (step.stage !== 'failed') return 'STEP_STATE_CONFLICT';
    renew(world, at);
    Object.assign(step, { stage: 'idle', queued: null });
    revive(task);
    return 'done';
  });
}

/** Gives a step all its runs ahead: one that gave up goes on, any other keeps its place. */
export function resetStep(world: World, at: At): VerbAnswer {
  return onStep(world, at, (step, task) => {
    if (!isUnfinished(step)) return 'STEP_STATE_CONFLICT';
    renew(world, at);
    if (hasGivenUp(step)) {
      step.stage = 'idle';
      revive(task);
    }
    return 'done';
  });
}

/** Marks a step as done that nothing holds and that waits for no other. */
export function resolveStep(world: World, at: At, result: string): VerbAnswer {
  return onStep(world, at, (step, task) => {
    const isFree = step.stage === 'idle' || step.stage === 'failed';
    if (!isFree || unmet(task, at.step).length > 0) return 'STEP_STATE_CONFLICT';
    revive(task);
    Object.assign(step, { stage: 'by_hand', queued: null, result, to: world.now });
    return 'done';
  });
}

/**
 * Sets a step's limit. It must leave a run to a step that is still to run; what is held finishes under it; what gave up goes on when it
 * leaves a run.
 */
export function limitStep(world: World, at: At, limit: number): VerbAnswer {
  return onStep(world, at, (step, task) => {
    if (!isUnfinished(step)) return 'STEP_STATE_CONFLICT';
    const mustRun = step.stage === 'idle' || step.queued !== null;
    if (limit < Math.max(1, step.runs + (mustRun ? 1 : 0))) return 'INVALID_REQUEST';
    step.limit = limit;
    if (hasGivenUp(step) && limit > step.runs) {
      step.stage = 'idle';
      revive(task);
    }
    return 'done';
  });
}

/** Gives a step other inputs. */
export function feedStep(world: World, at: At, inputs: string): VerbAnswer {
  return onStep(world, at, (step) => {
    if (!isUnfinished(step)) return 'STEP_STATE_CONFLICT';
    step.inputs = inputs;
    return 'done';
  });
}

/** A verb on a step: the task must be open; afterwards it moves on. */
function onStep(
  world: World,
  at: At,
  verb: (step: StepState, task: TaskState) => VerbAnswer,
): VerbAnswer {
  const task = taskOf(world, at.task);
  if (!isOpen(task)) return 'TASK_STATE_CONFLICT';
  const answer = verb(stepOf(world, at), task);
  if (answer === 'done') moveOn(world, at.task);
  return answer;
}

function isOpen({ stage }: TaskState): boolean {
  return stage === 'new' || stage === 'going' || stage === 'failed';
}

function isUnfinished({ stage }: StepState): boolean {
  return stage === 'idle' || stage === 'held' || stage === 'failed';
}

function hasGivenUp({ stage, queued }: StepState): boolean {
  return stage === 'failed' && queued === null;
}

function revive(task: TaskState): void {
  if (task.stage === 'failed') Object.assign(task, { stage: 'going', ended: null });
}

function renew(world: World, at: At): void {
  const step = stepOf(world, at);
  step.limit = step.runs + planStepOf(world, at).limit;
}

function reopenAll(world: World, number: number): void {
  taskOf(world, number).steps.forEach((step, position) => {
    if (!hasGivenUp(step)) return;
    renew(world, { task: number, step: position });
    step.stage = 'idle';
  });
}

function drop(world: World, at: At): void {
  const step = stepOf(world, at);
  if (!isUnfinished(step)) return;
  if (step.stage === 'held') endRun(world, at, { ill: 'cancelled', next: null });
  Object.assign(step, { stage: 'dropped', queued: null, worker: null });
}

/** A step and all that cannot run without it. What was left out passes nothing on. */
function withDependents({ plan, steps }: TaskState, position: number): readonly number[] {
  const found = [position];
  for (let at = 0; at < found.length; at += 1)
    plan.steps.forEach(({ needs }, other) => {
      const isNew = !found.includes(other) && steps[other]?.stage !== 'passed';
      if (isNew && needs.includes(found[at] ?? -1)) found.push(other);
    });
  return found;
}
