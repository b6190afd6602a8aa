/**
 * A reference model of the scheduler: what tasks, steps, runs, workers and the queue must be after each thing that can happen. It
 * shares no code with the engine, and knows neither SQL nor concurrency: it walks the graph anew wherever the engine keeps counters.
 * Here is what workers do; `submit.ts` has how tasks come, `operators.ts` what people do, `progress.ts` what follows from it.
 *
 * I1: every rule looks at the world as it is and leaves a whole world behind: there is nothing to repair or to sweep.
 * I2: after anything that may free a lane or end a task, the task is moved on at once (`moveOn`).
 */
import { allSteps, endRun, limitOf, moveOn, readySteps } from './progress.ts';
import {
  LEASE_MS,
  planStepOf,
  stepOf,
  taskOf,
  workerOf,
  type Ill,
  type Pause,
  type Token,
  type World,
} from './world.ts';

export function startWorker(world: World, queues: readonly string[]): number {
  const lease = world.now + LEASE_MS;
  world.workers.push({ queues, lease, crashed: false, lost: false, stopped: false });
  return world.workers.length - 1;
}

/** A sign of life; false when others have the worker's steps, or it has signed off. */
export function beat(world: World, worker: number): boolean {
  const state = workerOf(world, worker);
  if (state.lost || state.stopped) return false;
  state.lease = world.now + LEASE_MS;
  return true;
}

/** Gives a worker what waits in a queue: by priority, then the older task, then the earlier step. A lost worker gets nothing. */
export function claim(
  world: World,
  worker: number,
  { queue, room }: { readonly queue: string; readonly room: number },
): readonly Token[] {
  if (workerOf(world, worker).lost) return [];
  const waiting = allSteps(world).filter(
    (at) => stepOf(world, at).queued?.due === true && planStepOf(world, at).queue === queue,
  );
  const inOrder = waiting.toSorted(
    (a, b) => taskOf(world, b.task).priority - taskOf(world, a.task).priority,
  );
  return inOrder.slice(0, room).map((at) => give(world, worker, at));
}

/** A run begins: it counts from here on, whatever becomes of it. */
export function give(
  world: World,
  worker: number,
  at: { readonly task: number; readonly step: number },
): Token {
  const step = stepOf(world, at);
  const task = taskOf(world, at.task);
  Object.assign(step, { stage: 'held', queued: null, worker, from: world.now });
  step.runs += 1;
  if (task.stage === 'new') Object.assign(task, { stage: 'going', begun: world.now });
  const token = { worker, ...at, run: step.runs };
  world.issued.push(token);
  return token;
}

/** Whether a report counts: the step is still held, by this worker, in this very run, and nobody has called the worker lost. */
export function isLive(world: World, token: Token): boolean {
  const { stage, worker, runs } = stepOf(world, token);
  return (
    stage === 'held' &&
    worker === token.worker &&
    runs === token.run &&
    !workerOf(world, token.worker).lost
  );
}

export interface Finished {
  readonly refused: readonly Token[];
  /** What the worker holds from now on: from the queue, and steps that its own results let go. */
  readonly given: readonly Token[];
}

/**
 * A worker reports runs as done, and asks for more from a queue. `takesOn`: it keeps for itself what its results let go, as far as it
 * serves those queues and the task has lanes without number.
 */
export function finish(
  world: World,
  worker: number,
  report: {
    readonly tokens: readonly Token[];
    readonly takesOn: boolean;
    readonly queue: string;
    readonly room: number;
  },
): Finished {
  const counted = report.tokens.filter((token) => isLive(world, token));
  for (const token of counted)
    Object.assign(stepOf(world, token), {
      stage: 'done',
      to: world.now,
      hurt: false,
      result: resultOf(token),
    });
  // What is let go now is not in the queue yet when more is asked for.
  const given = [...claim(world, worker, report)];
  for (const task of new Set(counted.map((token) => token.task))) {
    const { plan } = taskOf(world, task);
    const ready = readySteps(taskOf(world, task));
    const serves = (step: number): boolean =>
      workerOf(world, worker).queues.includes(planStepOf(world, { task, step }).queue);
    if (report.takesOn && plan.lanes === null)
      for (const step of ready.filter(serves)) given.push(give(world, worker, { task, step }));
    moveOn(world, task);
  }
  return { refused: report.tokens.filter((token) => !counted.includes(token)), given };
}

/** The result that a run gives. */
export function resultOf({ step, run }: Token): string {
  return JSON.stringify(`${step} by run ${run}`);
}

/** How a run went wrong: `asks` names a wait of its own, `for_good` wants no other run. */
export type Failure =
  | { readonly how: 'error' | 'timeout' | 'for_good' | 'given_back' }
  | { readonly how: 'asks'; readonly wait: number };

/** A worker reports runs as failed. @returns those that counted, with the moment of the next run, if there is one */
export function fail(
  world: World,
  reports: readonly { readonly token: Token; readonly failure: Failure }[],
): readonly { readonly token: Token; readonly next: number | null }[] {
  const counted = reports.filter(({ token }) => isLive(world, token));
  const answers = counted.map(({ token, failure }) => {
    const wait = waitAfter(world, token, failure);
    const ill = ILLS[failure.how];
    return { token, next: lose(world, token, { ill, wait }) };
  });
  for (const task of new Set(counted.map(({ token }) => token.task))) moveOn(world, task);
  return answers;
}

const ILLS: Readonly<Record<Failure['how'], Ill>> = {
  error: 'error',
  asks: 'error',
  for_good: 'error',
  timeout: 'timeout',
  given_back: 'cancelled',
};

/** Milliseconds to the next run if the limit leaves one; null when the failure itself allows none. */
function waitAfter(world: World, token: Token, failure: Failure): number | null {
  const { again, pause } = planStepOf(world, token);
  if (!again || failure.how === 'for_good') return null;
  if (failure.how === 'given_back') return 0;
  return failure.how === 'asks' ? failure.wait : pauseAfter(pause, token.run);
}

function pauseAfter({ how, base, most }: Pause, run: number): number {
  const factors = { none: 0, fixed: 1, linear: run, exponential: 2 ** Math.max(run, 2) };
  return Math.min(base * factors[how], most);
}

/** Closes a run that did not succeed. @returns the moment of the next one, null when the step has given up */
function lose(
  world: World,
  token: Token,
  { ill, wait }: { readonly ill: Ill; readonly wait: number | null },
): number | null {
  const step = stepOf(world, token);
  const hasRunsLeft = step.runs < limitOf(world, token);
  const next = wait !== null && hasRunsLeft ? world.now + wait : null;
  endRun(world, token, { ill, next });
  Object.assign(step, { stage: 'failed', hurt: true });
  step.queued = next === null ? null : { at: next, due: next <= world.now };
  return next;
}

/** A worker hands runs back that it never began: they do not count. @returns how many were still its own */
export function handBack(world: World, tokens: readonly Token[]): number {
  const own = tokens.filter((token) => isLive(world, token));
  for (const token of own) {
    const step = stepOf(world, token);
    Object.assign(step, { stage: step.hurt ? 'failed' : 'idle', worker: null, from: null });
    step.queued = { at: world.now, due: true };
    step.runs -= 1;
    world.issued = world.issued.filter((issued) => issued !== token);
  }
  return own.length;
}

/** A worker stops: what it holds goes back at once and counts as a run, then it signs off. */
export function stop(world: World, worker: number): void {
  const held = world.issued.filter((token) => token.worker === worker && isLive(world, token));
  fail(
    world,
    held.map((token) => ({ token, failure: { how: 'given_back' } })),
  );
  workerOf(world, worker).stopped = true;
}

/** Calls workers lost whose lease is over, except the one who asks, and gives their steps back. @returns how many it called lost */
export function reap(world: World, asker: number | null): number {
  const lapsed = world.workers.filter(
    ({ lost, stopped, lease }, worker) =>
      worker !== asker && !lost && !stopped && lease < world.now,
  );
  for (const worker of lapsed) worker.lost = true;
  const stranded = world.issued.filter((token) => {
    const { stage, runs, worker } = stepOf(world, token);
    const isHeld = stage === 'held' && runs === token.run && worker === token.worker;
    return isHeld && workerOf(world, token.worker).lost;
  });
  for (const token of stranded)
    lose(world, token, { ill: 'lost', wait: planStepOf(world, token).again ? 0 : null });
  for (const task of new Set(stranded.map((token) => token.task))) moveOn(world, task);
  return lapsed.length;
}

/** Looks which waits are over. @returns how many, and how long until the next one is */
export function wake(world: World): {
  readonly woken: number;
  readonly nextIn: number | null;
} {
  const waiting = allSteps(world)
    .map((at) => stepOf(world, at).queued)
    .filter((entry) => entry !== null && !entry.due);
  const over = waiting.filter((entry) => entry !== null && entry.at <= world.now);
  for (const entry of over) if (entry !== null) entry.due = true;
  const later = waiting.flatMap((entry) =>
    entry !== null && entry.at > world.now ? [entry.at - world.now] : [],
  );
  return { woken: over.length, nextIn: later.length === 0 ? null : Math.min(...later) };
}
