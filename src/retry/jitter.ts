import type { Milliseconds } from '../kernel/duration.ts';
import type { Random } from './strategy.ts';

/** Spreads a delay, so that steps that failed together do not come back together. Randomness is drawn anew for every attempt. */
export type Jitter = (delayMs: Milliseconds, random: Random) => Milliseconds;

/** The ways to spread: `none` leaves the delay alone, `full` draws from 0 to the delay, `equal` from half of it to all of it. */
export const JITTERS = {
  none: (delayMs) => delayMs,
  full: (delayMs, random) => delayMs * random(),
  equal: (delayMs, random) => delayMs / 2 + (delayMs / 2) * random(),
} as const satisfies Readonly<Record<string, Jitter>>;

export type JitterName = keyof typeof JITTERS;
