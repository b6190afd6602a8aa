import type { Milliseconds } from '../kernel/duration.ts';
import { exponential } from './exponential.ts';
import { fibonacci } from './fibonacci.ts';
import { fixed } from './fixed.ts';
import { JITTERS } from './jitter.ts';
import type { JitterName } from './jitter.ts';
import { linear } from './linear.ts';
import { none } from './none.ts';
import type { Random, Strategy } from './strategy.ts';

export type { JitterName } from './jitter.ts';
export type { Random, Strategy } from './strategy.ts';

/** How long to wait before the next attempt. `strategy` is a name of the table of strategies, or `custom` for a function. */
export interface BackoffPolicy {
  readonly strategy: string;
  readonly baseMs: Milliseconds;
  readonly maxMs: Milliseconds;
  readonly jitter: JitterName;
}

/** An author's own backoff: the failed attempt (1 after the first failure) to milliseconds. The cap still applies; jitter does not. */
export type CustomBackoff = (attempt: number) => Milliseconds;

/** Every strategy by its name. A new one is one file and one line here; `custom` is not in it, because it is a function. */
export const BACKOFF_STRATEGIES: ReadonlyMap<string, Strategy> = new Map(
  [exponential, linear, fibonacci, fixed, none].map((strategy) => [strategy.name, strategy]),
);

/**
 * The delay after a failure in whole milliseconds: the strategy's delay, capped, spread by jitter, then raised to the strategy's
 * floor (never above the cap). A name that is not in the table means `exponential`, so that no step is lost over it.
 *
 * @param failedAttempt the attempt that failed: 1 after the first failure
 */
export function backoffDelayMs(
  policy: BackoffPolicy,
  failedAttempt: number,
  random: Random,
): Milliseconds {
  const strategy = BACKOFF_STRATEGIES.get(policy.strategy) ?? exponential;
  const capped = Math.min(strategy.delayMs(failedAttempt, policy.baseMs), policy.maxMs);
  const spread = JITTERS[policy.jitter](capped, random);
  return Math.round(Math.min(Math.max(spread, strategy.floorShare * policy.baseMs), policy.maxMs));
}
