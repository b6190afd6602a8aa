import type { Milliseconds } from '../kernel/duration.ts';

export type JitterName = 'none' | 'full' | 'equal';

/** How long to wait before the next attempt. `strategy` is a name of the table of strategies, or `custom` for a function. */
export interface BackoffPolicy {
  readonly strategy: string;
  readonly baseMs: Milliseconds;
  readonly maxMs: Milliseconds;
  readonly jitter: JitterName;
}

/** An author's own backoff: the failed attempt (1 after the first failure) to milliseconds. The cap still applies; jitter does not. */
export type CustomBackoff = (attempt: number) => Milliseconds;
