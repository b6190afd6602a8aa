import type { Strategy } from './strategy.ts';

/**
 * Doubles with every failure. Source: Tasker 1.2's API step handler. There the exponent is the number of attempts so far counting the
 * failed one, but at least 2; the delay is the base times two to that exponent, capped, times jitter, and at least half of the base.
 * With a base of 1 s, a cap of 30 s and no jitter the delays after the first to the fifth failure are 4, 4, 8, 16 and 30 s.
 */
export const exponential: Strategy = {
  name: 'exponential',
  // Beyond 2^64 every cap has long been reached; the clamp keeps 0 * Infinity (which is NaN) away.
  delayMs: (failedAttempt, baseMs) => baseMs * 2 ** Math.min(Math.max(failedAttempt, 2), 64),
  floorShare: 0.5,
};
