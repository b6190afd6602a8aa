import type { Strategy } from './strategy.ts';

/** The base after every failure. */
export const fixed: Strategy = {
  name: 'fixed',
  delayMs: (_failedAttempt, baseMs) => baseMs,
  floorShare: 0,
};
