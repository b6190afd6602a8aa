/**
 * How tasks end when steps go as they were told to, according to the model, or according to the engine beside it. How they end must not
 * depend on who did what when.
 */
import { expect } from 'vitest';
import { expectSame } from './commands.ts';
import * as engine from './engine-side.ts';
import { sorted } from './kind.ts';
import { setClock, type Trial } from './lab.ts';
import { claim, fail, finish, isLive, startWorker, wake, type Failure } from './model.ts';
import { allSteps } from './progress.ts';
import {
  planStepOf,
  stepOf,
  taskOf,
  type Stage,
  type TaskStage,
  type Token,
  type World,
} from './world.ts';

/** What a step does whenever it runs: `fails` so many times and then succeeds, or never. */
export type Behaviour =
  | { readonly kind: 'succeeds' }
  | { readonly kind: 'flaky'; readonly failures: number }
  | { readonly kind: 'permanent' };

/** How a task ended. */
export interface Ending {
  readonly task: TaskStage;
  readonly steps: readonly { readonly stage: Stage; readonly runs: number }[];
}

/** Who works, and in which order: `turn` chooses who is next, and how much they take, from the count of turns. */
export interface Crew {
  readonly workers: number;
  readonly turn: (count: number) => number;
}

const QUEUES = ['default', 'slow'];

/**
 * Works until nothing is left. With a trial, the engine does the same, and must answer the same.
 * @param behaviourOf by task and step
 */
export async function workToTheEnd(
  world: World,
  { workers, turn }: Crew,
  behaviourOf: (at: { readonly task: number; readonly step: number }) => Behaviour,
  trial?: Trial,
): Promise<void> {
  for (let count = 0; count < workers; count += 1) {
    startWorker(world, QUEUES);
    if (trial) await engine.registerWorker(trial, QUEUES);
  }
  for (let count = 0; isBusy(world); count += 1) {
    const worker = turn(count) % workers;
    const held = world.issued.filter((token) => token.worker === worker && isLive(world, token));
    const failures = held.flatMap((token) => {
      const failure = failureOf(behaviourOf(token), token);
      return failure === null ? [] : [{ token, failure }];
    });
    const tokens = held.filter((token) => failures.every((failure) => failure.token !== token));
    const queue = QUEUES[count % QUEUES.length] ?? 'default';
    const room = 1 + (turn(count + 1) % 4);
    const report = { tokens, queue, queues: QUEUES, room, takesOn: true };
    const given = await reportBoth(world, worker, { report, failures, trial });
    if (held.length + given.length === 0) await waitForNext(world, trial);
    if (count > 5_000) throw new Error('the work does not end');
  }
  if (trial) await expectSame(world, trial);
}

interface Reports {
  readonly report: Parameters<typeof engine.report>[2];
  readonly failures: readonly { readonly token: Token; readonly failure: Failure }[];
  readonly trial: Trial | undefined;
}

async function reportBoth(
  world: World,
  worker: number,
  { report, failures, trial }: Reports,
): Promise<readonly Token[]> {
  if (failures.length > 0) {
    const recorded = fail(world, failures);
    if (trial) expect(await engine.reportFailures(trial, failures)).toEqual(recorded);
  }
  const isVain = report.tokens.length === 0 && !isWaiting(world, report.queue);
  if (isVain) return [];
  const { given } =
    report.tokens.length > 0
      ? finish(world, worker, report)
      : { given: claim(world, worker, report) };
  if (trial) {
    const real = await engine.report(trial, worker, report);
    expect(sorted(real.given)).toEqual(sorted(given));
  }
  return given;
}

function isWaiting(world: World, queue: string): boolean {
  return allSteps(world).some(
    (at) => stepOf(world, at).queued?.due === true && planStepOf(world, at).queue === queue,
  );
}

/** Something is under way or waits. */
function isBusy({ tasks }: World): boolean {
  return tasks.some(({ steps }) => steps.some((s) => s.stage === 'held' || s.queued !== null));
}

/** Lets the time pass until something is due, unless there is something to take already. */
async function waitForNext(world: World, trial: Trial | undefined): Promise<void> {
  const { woken, nextIn } = wake(world);
  if (trial) expect((await trial.parts.store.promoteDue(trial.parts.db)).promoted).toBe(woken);
  if (woken > 0 || nextIn === null) return;
  world.now += nextIn;
  if (trial) await setClock(trial.lab, world.now);
}

function failureOf(behaviour: Behaviour, { run }: Token): Failure | null {
  if (behaviour.kind === 'permanent') return { how: 'for_good' };
  return behaviour.kind === 'flaky' && run <= behaviour.failures ? { how: 'error' } : null;
}

export function endingOf(world: World, task: number): Ending {
  const { stage, steps } = taskOf(world, task);
  return { task: stage, steps: steps.map((step) => ({ stage: step.stage, runs: step.runs })) };
}
