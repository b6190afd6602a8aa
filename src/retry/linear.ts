import type { Strategy } from './strategy.ts';

/** Grows by the base with every failure: base, 2 base, 3 base, … */
export const linear: Strategy = {
  name: 'linear',
  delayMs: (failedAttempt, baseMs) => baseMs * failedAttempt,
  floorShare: 0,
};
