import type { Strategy } from './strategy.ts';

/** No delay: the next attempt may start at once. */
export const none: Strategy = {
  name: 'none',
  delayMs: () => 0,
  floorShare: 0,
};
