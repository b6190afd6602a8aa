import type { Milliseconds } from '../kernel/duration.ts';

export type { Random } from '../kernel/ports.ts';

/** One way to space attempts. A new strategy is a value of this type in its own file plus one line in backoff.ts. */
export interface Strategy {
  /** The name in `backoff.strategy`. */
  readonly name: string;
  /**
   * The delay after a failure, before the cap and before jitter. Never negative and never NaN; may exceed any cap.
   *
   * @param failedAttempt the attempt that failed: 1 after the first failure
   * @param baseMs the policy's base
   */
  readonly delayMs: (failedAttempt: number, baseMs: Milliseconds) => Milliseconds;
  /** After jitter the delay is at least this share of the base. */
  readonly floorShare: number;
}
