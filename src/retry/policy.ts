import { parseDuration } from '../kernel/duration.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { backoffDelayMs } from './backoff.ts';
import type { BackoffPolicy, CustomBackoff, Random } from './backoff.ts';

/** The longest wait that a thrown `retryAfter` can ask for: 30 days. More is taken as 30 days. */
export const THROWN_RETRY_AFTER_CAP_MS: Milliseconds = 30 * 86_400_000;

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  /** Whatever the handler threw. */
  readonly error: unknown;
  /** The attempt that failed: 1 for the first run. */
  readonly attempt: number;
  /** False when the step's definition forbids a second attempt. */
  readonly retryable: boolean;
  /** Attempts in total. */
  readonly retryLimit: number;
  readonly backoff: BackoffPolicy;
  /** The author's function, when `backoff.strategy` is `custom`. */
  readonly customBackoff: CustomBackoff | null;
  readonly now: Date;
  readonly random: Random;
}

export type RetryDecision =
  /** Run again, not before `delayMs` from `now`. */
  | { readonly kind: 'retry'; readonly delayMs: Milliseconds }
  /** The step ends in error: its attempts are used up, the error is permanent, or the step may not be retried. */
  | { readonly kind: 'give_up'; readonly reason: 'exhausted' | 'permanent' | 'not_retryable' };

/**
 * Decides what follows a failed attempt. Pure: the same input and random numbers give the same answer; it never throws.
 *
 * A PermanentError gives up. Everything else is tried again until the attempts are used up. The wait is the error's `retryAfter`
 * when it is a RetryableError that names a readable one, otherwise the backoff. Errors are known by name and shape, because the
 * thrower may use another copy of the package.
 */
export function decideRetry(failed: FailedAttempt): RetryDecision {
  if (errorName(failed.error) === 'PermanentError') return { kind: 'give_up', reason: 'permanent' };
  if (!failed.retryable) return { kind: 'give_up', reason: 'not_retryable' };
  if (failed.attempt >= failed.retryLimit) return { kind: 'give_up', reason: 'exhausted' };
  return {
    kind: 'retry',
    delayMs:
      thrownWaitMs(failed.error, failed.now) ?? customWaitMs(failed) ?? strategyWaitMs(failed),
  };
}

function strategyWaitMs({ backoff, attempt, random }: FailedAttempt): Milliseconds {
  return backoffDelayMs(backoff, attempt, random); // a custom function that failed falls to `exponential`: it is not in the table
}

/** The author's own delay under the cap, or null when there is none: no function, it threw, or it answered nonsense. */
function customWaitMs({ backoff, customBackoff, attempt }: FailedAttempt): Milliseconds | null {
  if (customBackoff === null || backoff.strategy !== 'custom') return null;
  try {
    const answer: unknown = customBackoff(attempt);
    if (typeof answer !== 'number' || Number.isNaN(answer) || answer < 0) return null;
    return Math.round(Math.min(answer, backoff.maxMs));
  } catch {
    return null; // the step matters more than its spacing: exponential takes over
  }
}

/** The wait that a RetryableError asks for, or null when it asks for none that can be read. */
function thrownWaitMs(error: unknown, now: Date): Milliseconds | null {
  if (errorName(error) !== 'RetryableError') return null;
  const retryAfter = read(error, 'retryAfter');
  const waitMs =
    retryAfter instanceof Date ? retryAfter.getTime() - now.getTime() : durationMs(retryAfter);
  return Number.isNaN(waitMs)
    ? null
    : Math.ceil(Math.min(Math.max(waitMs, 0), THROWN_RETRY_AFTER_CAP_MS));
}

function durationMs(value: unknown): number {
  if (typeof value === 'number') return value;
  try {
    return parseDuration(value);
  } catch {
    return NaN; // unreadable: as if absent
  }
}

function errorName(error: unknown): unknown {
  return read(error, 'name');
}

/** Reads a property of anything; a getter that throws reads as undefined. */
function read(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
