import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemPorts, type Random } from '../kernel/ports.ts';
import type { EngineParts } from '../engine/parts.ts';
import { silentLogger } from '../kernel/logger.ts';
import { lookEveryMs, startChores, type Chores } from './chores.ts';

/** When lost workers were looked for, in milliseconds after the start. */
let looks: number[];
let startedAt: number;
let isAway: boolean;
/** A worker is declared lost by the next look, and only by that. */
let isNews: boolean;
/** How often the open tasks were looked at. */
let sweeps: number;
let chores: Chores;

beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  startedAt = Date.now();
  isAway = false;
  isNews = false;
  sweeps = 0;
});

afterEach(async () => {
  await chores.stop();
  vi.useRealTimers();
});

function begin(leaseMs: number, random: Random = systemPorts.random): void {
  const answer = <T>(value: T): Promise<T> =>
    isAway ? Promise.reject(new Error('the database is away')) : Promise.resolve(value);
  const store = {
    markLostWorkers: () => {
      if (!isAway) looks.push(Date.now() - startedAt);
      const lost = { workerIds: isNews ? [7] : [], isNews, longGone: [] };
      isNews = false;
      return answer(lost);
    },
    promoteDue: () => answer(null),
    heldSteps: () => answer([]),
    findIdleTasks: () => {
      sweeps += 1;
      return answer({ idle: [], last: null });
    },
    pruneIdentities: () => answer(0),
  };
  const db = { transaction: <T>(work: () => Promise<T>): Promise<T> => work() };
  const parts = {
    db,
    store,
    logger: silentLogger,
    ports: { ...systemPorts, random },
  } as unknown as EngineParts; // sound: the chores ask for nothing else
  chores = startChores(parts, { ownWorker: () => 1, leaseMs });
}

test('lost workers are looked for every two seconds, and more often where a lease is short', () => {
  expect([60_000, 15_000, 3_000, 1_500].map(lookEveryMs)).toEqual([2_000, 2_000, 500, 250]);
  begin(15_000);
});

test('a short lease is followed closely, so that a lost worker is found soon after it', async () => {
  begin(1_500);
  await vi.advanceTimersByTimeAsync(10_000);
  const rests = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
  expect(Math.max(...rests)).toBeLessThanOrEqual(313);
  expect(looks.at(-1)).toBeGreaterThan(9_600);
});

test('after the start and after an outage others have time to renew their leases, however short these are', async () => {
  begin(1_500);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks[0]).toBeGreaterThanOrEqual(1_500);
  isAway = true;
  await vi.advanceTimersByTimeAsync(10_000);
  isAway = false;
  const backAt = Date.now() - startedAt;
  await vi.advanceTimersByTimeAsync(10_000);
  const next = looks.find((at) => at > backAt);
  expect(next).toBeGreaterThanOrEqual(backAt + 1_500);
});

test('a loss is followed by a look at every open task, and by another one when that failed', async () => {
  begin(60_000, () => 0.5); // rounds at 2 s, 4 s, 6 s …; the turn of the sweep comes at 10 s
  isNews = true;
  await vi.advanceTimersByTimeAsync(2_500);
  expect(sweeps).toBe(1);
  isNews = true;
  isAway = true;
  await vi.advanceTimersByTimeAsync(2_500); // what was news is known now, and nobody has looked
  isAway = false;
  sweeps = 0;
  await vi.advanceTimersByTimeAsync(4_500); // the end of the outage is seen at 6 s
  expect(sweeps).toBe(1);
});
