/** Many runs: each a random world, random commands, and then an end for everything that is left. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { commands, createTally, expectSame } from './commands.ts';
import * as engine from './engine-side.ts';
import { sorted } from './kind.ts';
import { beginTrial, checkLaws, LAW_COUNT, setClock, type Lab, type Trial } from './lab.ts';
import { claim, finish, isLive, reap, startWorker, wake } from './model.ts';
import { allSteps } from './progress.ts';
import { plans } from './plans.ts';
import { submit } from './submit.ts';
import type { Tally } from './tally.ts';
import {
  createWorld,
  LEASE_MS,
  planStepOf,
  present,
  stepOf,
  type Plan,
  type World,
} from './world.ts';

export interface RunOptions {
  readonly runs: number;
  /** Commands of a run, on average. */
  readonly commands: number;
  readonly seed: number;
  /** Of a run that failed, as `Failed.path` says it: repeats that run alone. */
  readonly path?: string;
  /** Ends earlier, without a failure. */
  readonly minutes?: number;
  /** Stops at the first failure, without looking for a shorter one. @default false */
  readonly endOnFailure?: boolean;
  /** Where to count what happens. @default a new one */
  readonly tally?: Tally;
  /** Stands between the engine and the database. */
  readonly between?: (db: Db) => Db;
}

/** What some runs came to. */
export interface RunReport {
  readonly runs: number;
  /** Laws of the data that were asked. */
  readonly lawsChecked: number;
  /** Open tasks that were brought to their end after the commands. */
  readonly tasksEnded: number;
  readonly failed: Failed | null;
}

export interface Failed {
  readonly seed: number;
  readonly path: string;
  readonly plans: readonly Plan[];
  /** What happened, as far as it came. */
  readonly commands: readonly string[];
  readonly error: unknown;
}

/** Runs on one lab, one run after the other. Never throws for what a run finds. */
export async function runModel(lab: Lab, options: RunOptions): Promise<RunReport> {
  const tally = options.tally ?? createTally();
  const [path, replayPath] = options.path?.split('@') ?? [];
  const list = commands(tally, {
    most: Math.round(options.commands * LENGTH_FOR_MEAN),
    ...(replayPath !== undefined && { replayPath }),
  });
  let runs = 0;
  let tasksEnded = 0;
  let lastFailure: readonly string[] = [];
  const property = fc.asyncProperty(plans, list, async (planned, sequence) => {
    const { world, trial } = await begin(lab, planned, options.between);
    try {
      await fc.asyncModelRun(() => ({ model: world, real: trial }), sequence);
      tasksEnded += await bringToEnd(world, trial);
    } catch (error) {
      lastFailure = trial.story; // the shortest so far: each shorter run that fails comes later
      throw error;
    }
    runs += 1;
  });
  const details = await fc.check(property, {
    seed: options.seed,
    numRuns: options.runs,
    endOnFailure: options.endOnFailure ?? false,
    ...(path !== undefined && { path }),
    ...(options.minutes !== undefined && { interruptAfterTimeLimit: options.minutes * 60_000 }),
  });
  const { counterexample, errorInstance, counterexamplePath } = details;
  const failed =
    counterexample === null
      ? null
      : {
          seed: details.seed,
          path: `${counterexamplePath ?? ''}@${replayPathOf(counterexample[1])}`,
          plans: counterexample[0],
          commands: lastFailure,
          error: errorInstance,
        };
  return { runs, lawsChecked: runs * 2 * LAW_COUNT, tasksEnded, failed };
}

/** Lengths are drawn evenly from 0 on, and a command that has nothing to act on is left out. */
const LENGTH_FOR_MEAN = 2.6;

/** fast-check shows it at the end of the commands. */
function replayPathOf(sequence: Iterable<unknown>): string {
  return /replayPath="([^"]*)"/.exec(fc.stringify(sequence))?.[1] ?? '';
}

const QUEUES = ['default', 'slow'];

/** A world with a task of each plan and two workers, on both sides. */
export async function begin(
  lab: Lab,
  planned: readonly Plan[],
  between?: (db: Db) => Db,
): Promise<{ readonly world: World; readonly trial: Trial }> {
  const world = createWorld();
  const trial = await beginTrial(lab, planned, between);
  for (let count = 0; count < 2; count += 1)
    expect(await engine.registerWorker(trial, QUEUES)).toBe(startWorker(world, QUEUES));
  const asks = [{ bypass: [], priority: 0, key: null, content: -1, madeAt: null }];
  for (const [at, plan] of planned.entries())
    expect(await engine.create(trial, at, { asks, taker: null })).toEqual(
      submit(world, plan, { asks, taker: null }),
    );
  return { world, trial };
}

/**
 * Nothing is stranded: after every lease has lapsed, one new worker that completes what it is given brings every open task to its end.
 * Before and after, every law of the data holds. @returns how many tasks had been open
 */
export async function bringToEnd(world: World, trial: Trial): Promise<number> {
  await checkLaws(trial.lab, { now: world.now, unless: 'no-zombie-lease' }); // nobody has reaped yet
  const open = openTasks(world);
  world.now += LEASE_MS + 1;
  await setClock(trial.lab, world.now);
  expect(await engine.reapAsChoresDo(trial, null)).toBe(reap(world, null) > 0);
  const worker = startWorker(world, QUEUES);
  await engine.registerWorker(trial, QUEUES);
  for (let round = 0; await workOnce(world, trial, worker); round += 1)
    if (round > 500) throw new Error('the work does not end');
  expect(openTasks(world)).toBe(0);
  await expectSame(world, trial);
  await checkLaws(trial.lab, { now: world.now });
  return open;
}

function openTasks({ tasks }: World): number {
  return tasks.filter(({ stage }) => stage === 'new' || stage === 'going').length;
}

/** Completes what the worker holds and takes what there is, or waits for what is due next. @returns false when there is nothing at all */
async function workOnce(world: World, trial: Trial, worker: number): Promise<boolean> {
  const held = world.issued.filter((token) => token.worker === worker && isLive(world, token));
  const queue = busyQueue(world);
  if (held.length > 0 || queue !== null) {
    const report = { tokens: held, queue: queue ?? present(QUEUES[0], 'queue'), room: 50 };
    const asked = { ...report, queues: QUEUES, takesOn: true };
    const real = await engine.report(trial, worker, asked);
    const predicted =
      held.length > 0
        ? finish(world, worker, asked)
        : { refused: [], given: claim(world, worker, asked) };
    expect(sorted(real.given)).toEqual(sorted(predicted.given));
    expect(real.refused).toEqual(predicted.refused);
    return true;
  }
  const { woken, nextIn } = wake(world);
  const real = await trial.parts.store.promoteDue(trial.parts.db);
  expect(real).toEqual({ promoted: woken, nextInMs: nextIn });
  if (woken > 0) return true;
  if (nextIn === null) return false;
  world.now += nextIn;
  await setClock(trial.lab, world.now);
  return true;
}

function busyQueue(world: World): string | null {
  const at = allSteps(world).find((step) => stepOf(world, step).queued?.due === true);
  return at === undefined ? null : planStepOf(world, at).queue;
}
