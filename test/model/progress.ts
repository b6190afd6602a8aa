/** How the reference model walks a task's graph, and what moves a task on. */
import {
  planStepOf,
  stepOf,
  taskOf,
  type Ill,
  type StepState,
  type TaskState,
  type World,
} from './world.ts';

/** Every step of every task, in the order of work. */
export function allSteps(world: World): readonly { task: number; step: number }[] {
  return world.tasks.flatMap(({ steps }, task) => steps.map((_, step) => ({ task, step })));
}

/** The needs of a step that nothing has met yet. A step that is left out needs nothing, and meets every need. */
export function unmet({ plan, steps }: TaskState, position: number): readonly number[] {
  return (plan.steps[position]?.needs ?? []).filter(
    (need) => !['done', 'by_hand', 'passed'].includes(steps[need]?.stage ?? ''),
  );
}

/** Steps that could be under way and are neither that nor in the queue. */
export function readySteps(task: TaskState): readonly number[] {
  return task.steps.flatMap((step, position) =>
    step.stage === 'idle' && step.queued === null && unmet(task, position).length === 0
      ? [position]
      : [],
  );
}

/** Steps that no other step waits for. */
export function ends({ plan, steps }: TaskState): readonly StepState[] {
  const isWaitedFor = (position: number): boolean =>
    plan.steps.some(
      ({ needs }, other) => needs.includes(position) && steps[other]?.stage !== 'passed',
    );
  return steps.filter((step, position) => step.stage !== 'passed' && !isWaitedFor(position));
}

/** Puts what may run into the queue, as far as there are lanes; where nothing is left to run, ends the task. */
export function moveOn(world: World, number: number): void {
  const task = taskOf(world, number);
  if (task.stage !== 'new' && task.stage !== 'going') return;
  const has = (test: (step: StepState) => boolean): boolean => task.steps.some(test);
  const underWay = task.steps.filter((s) => s.stage === 'held' || s.queued !== null).length;
  const lanes = Math.max(0, (task.plan.lanes ?? Infinity) - underWay);
  const next = readySteps(task).slice(0, lanes);
  for (const step of next)
    stepOf(world, { task: number, step }).queued = { at: world.now, due: true };
  if (underWay > 0 || next.length > 0) return;
  if (has((s) => s.stage === 'failed')) task.stage = 'failed';
  else if (ends(task).every((s) => s.stage === 'done' || s.stage === 'by_hand'))
    task.stage = 'done';
  else task.stage = 'dropped';
  task.ended = world.now;
}

/** Writes the run that is under way into the history; the caller says what becomes of the step. */
export function endRun(
  world: World,
  at: { readonly task: number; readonly step: number },
  { ill, next }: { readonly ill: Ill; readonly next: number | null },
): void {
  const step = stepOf(world, at);
  const { runs: run, worker, from } = step;
  step.past.push({ run, worker: worker ?? -1, ill, from: from ?? -1, to: world.now, next });
  step.worker = null;
}

export function limitOf(world: World, at: { task: number; step: number }): number {
  return stepOf(world, at).limit ?? planStepOf(world, at).limit;
}
