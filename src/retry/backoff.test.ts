import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKOFF_STRATEGIES, backoffDelayMs } from './backoff.ts';
import type { BackoffPolicy, JitterName } from './backoff.ts';
import { JITTERS } from './jitter.ts';

const policy = (strategy: string, change: Partial<BackoffPolicy> = {}): BackoffPolicy => ({
  strategy,
  baseMs: 1_000,
  maxMs: 30_000,
  jitter: 'none',
  ...change,
});
const firstFive = (strategy: string) =>
  [1, 2, 3, 4, 5].map((n) => backoffDelayMs(policy(strategy), n, () => 0.5));

test('exponential waits 4, 4, 8, 16 and 30 s after the first five failures with Tasker 1.2 numbers', () => {
  expect(firstFive('exponential')).toEqual([4_000, 4_000, 8_000, 16_000, 30_000]);
});

test('exponential is never shorter than half of its base, however small the jitter', () => {
  expect(backoffDelayMs(policy('exponential', { jitter: 'full' }), 1, () => 0)).toBe(500);
});

test('linear, fibonacci, fixed and none follow their rows of numbers', () => {
  expect(firstFive('linear')).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  expect(firstFive('fibonacci')).toEqual([1_000, 1_000, 2_000, 3_000, 5_000]);
  expect(firstFive('fixed')).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  expect(firstFive('none')).toEqual([0, 0, 0, 0, 0]);
});

test('an unknown strategy waits as exponential does', () => {
  expect(firstFive('quadratic')).toEqual(firstFive('exponential'));
});

test('jitter is drawn anew for every attempt', () => {
  const draws = [0.1, 0.9];
  const random = () => draws.shift() ?? 0;
  const full = policy('fixed', { jitter: 'full' });
  expect([backoffDelayMs(full, 1, random), backoffDelayMs(full, 2, random)]).toEqual([100, 900]);
});

test('equal jitter keeps at least half of the delay', () => {
  expect(backoffDelayMs(policy('fixed', { jitter: 'equal' }), 1, () => 0)).toBe(500);
  expect(backoffDelayMs(policy('fixed', { jitter: 'equal' }), 1, () => 0.5)).toBe(750);
});

test('every delay is a whole number from 0 to the cap, whatever the numbers', () => {
  const seed = Date.now();
  console.info(`backoff property seed ${seed}`);
  fc.assert(
    fc.property(
      fc.record({
        strategy: fc.constantFrom(...BACKOFF_STRATEGIES.keys()),
        jitter: fc.constantFrom(...(Object.keys(JITTERS) as JitterName[])), // sound: the keys of the table
        baseMs: fc.nat(10_000_000),
        maxMs: fc.nat(10_000_000),
      }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (drawnPolicy, attempt, drawn) => {
        const delay = backoffDelayMs(drawnPolicy, attempt, () => drawn);
        expect(Number.isSafeInteger(delay) && delay >= 0 && delay <= drawnPolicy.maxMs).toBe(true);
      },
    ),
    { seed, numRuns: 2_000 },
  );
});
