import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemPorts } from '../kernel/ports.ts';
import type { EngineParts } from '../engine/parts.ts';
import { silentLogger } from '../kernel/logger.ts';
import { lookEveryMs, startChores, type Chores } from './chores.ts';

/** When lost workers were looked for, in milliseconds after the start. */
let looks: number[];
let startedAt: number;
let isAway: boolean;
let chores: Chores;

beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  startedAt = Date.now();
  isAway = false;
});

afterEach(async () => {
  await chores.stop();
  vi.useRealTimers();
});

function begin(leaseMs: number): void {
  const answer = <T>(value: T): Promise<T> =>
    isAway ? Promise.reject(new Error('the database is away')) : Promise.resolve(value);
  const store = {
    markLostWorkers: () => {
      if (!isAway) looks.push(Date.now() - startedAt);
      return answer({ workerIds: [], isNews: false, longGone: [] });
    },
    promoteDue: () => answer(null),
    findIdleTasks: () => answer({ idle: [], last: null }),
    pruneIdentities: () => answer(0),
  };
  const parts = { store, logger: silentLogger, ports: systemPorts } as unknown as EngineParts; // sound: the chores ask for nothing else
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
