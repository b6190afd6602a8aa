import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../kernel/handler-errors.ts';
import { decideRetry, THROWN_RETRY_AFTER_CAP_MS } from './policy.ts';
import type { FailedAttempt } from './policy.ts';

const now = new Date('2026-03-01T12:00:00Z');
const failed = (change: Partial<FailedAttempt> = {}): FailedAttempt => ({
  error: new Error('boom'),
  attempt: 1,
  retryable: true,
  retryLimit: 3,
  backoff: { strategy: 'fixed', baseMs: 1_000, maxMs: 30_000, jitter: 'none' },
  customBackoff: null,
  now,
  random: () => 0.5,
  ...change,
});
const custom = { strategy: 'custom', baseMs: 1_000, maxMs: 30_000, jitter: 'none' } as const;

test('an ordinary error is tried again after the backoff', () => {
  expect(decideRetry(failed())).toEqual({ kind: 'retry', delayMs: 1_000 });
});

test('gives up when the last attempt has failed: the limit counts attempts, not extra retries', () => {
  expect(decideRetry(failed({ attempt: 2 })).kind).toBe('retry');
  expect(decideRetry(failed({ attempt: 3 }))).toEqual({ kind: 'give_up', reason: 'exhausted' });
  expect(decideRetry(failed({ attempt: 9 }))).toEqual({ kind: 'give_up', reason: 'exhausted' });
});

test('a step that is not retryable gives up after its first attempt', () => {
  expect(decideRetry(failed({ retryable: false }))).toEqual({
    kind: 'give_up',
    reason: 'not_retryable',
  });
});

test('a permanent error gives up at once, also when it comes from another copy of the package', () => {
  const foreign = Object.assign(new Error('no'), { name: 'PermanentError' });
  expect(decideRetry(failed({ error: new PermanentError('no') }))).toEqual({
    kind: 'give_up',
    reason: 'permanent',
  });
  expect(decideRetry(failed({ error: foreign }))).toEqual({ kind: 'give_up', reason: 'permanent' });
});

test.each([
  ['a duration', '7s', 7_000],
  ['milliseconds', 1_500, 1_500],
  ['a moment', new Date('2026-03-01T12:00:09Z'), 9_000],
  ['a moment that has passed', new Date('2026-03-01T11:00:00Z'), 0],
  ['a negative number', -5, 0],
  ['zero', 0, 0],
] as const)('retryAfter as %s wins over the strategy', (_, retryAfter, delayMs) => {
  expect(decideRetry(failed({ error: new RetryableError('later', { retryAfter }) }))).toEqual({
    kind: 'retry',
    delayMs,
  });
});

test('a thrown retryAfter is capped', () => {
  const error = new RetryableError('later', { retryAfter: new Date('2999-01-01') });
  expect(decideRetry(failed({ error }))).toEqual({
    kind: 'retry',
    delayMs: THROWN_RETRY_AFTER_CAP_MS,
  });
});

test.each([[NaN], [new Date(NaN)], ['soon'], [{}], [null]])(
  'an unreadable retryAfter (%j) is ignored',
  (retryAfter) => {
    const error = Object.assign(new Error('later'), { name: 'RetryableError', retryAfter });
    expect(decideRetry(failed({ error }))).toEqual({ kind: 'retry', delayMs: 1_000 });
  },
);

test('retryAfter on an ordinary error means nothing', () => {
  expect(
    decideRetry(failed({ error: Object.assign(new Error('x'), { retryAfter: '9s' }) })),
  ).toEqual({ kind: 'retry', delayMs: 1_000 });
});

test('retryAfter does not give more attempts', () => {
  const error = new RetryableError('later', { retryAfter: '1s' });
  expect(decideRetry(failed({ error, attempt: 3 }))).toEqual({
    kind: 'give_up',
    reason: 'exhausted',
  });
});

test('a custom backoff sees the failed attempt, and its answer is capped', () => {
  const customBackoff = (attempt: number) => attempt * 20_000;
  expect(decideRetry(failed({ backoff: custom, customBackoff }))).toEqual({
    kind: 'retry',
    delayMs: 20_000,
  });
  expect(decideRetry(failed({ backoff: custom, customBackoff, attempt: 2 }))).toEqual({
    kind: 'retry',
    delayMs: 30_000,
  });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('bug');
    },
  ],
  ['answers NaN', () => NaN],
  ['answers a negative number', () => -1],
  ['answers text', () => '5' as unknown as number], // a caller without types
])('a custom backoff that %s falls back to exponential', (_, customBackoff) => {
  expect(decideRetry(failed({ backoff: custom, customBackoff }))).toEqual({
    kind: 'retry',
    delayMs: 4_000,
  });
});

test.each([
  ['undefined', undefined],
  ['null', null],
  ['text', 'boom'],
  ['an object without a prototype', Object.create(null)],
  [
    'an object whose name cannot be read',
    {
      get name(): string {
        throw new Error('no');
      },
    },
  ],
])('whatever is thrown is tried again: %s', (_, error) => {
  expect(decideRetry(failed({ error }))).toEqual({ kind: 'retry', delayMs: 1_000 });
});
