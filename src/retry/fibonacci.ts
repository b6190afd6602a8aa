import type { Strategy } from './strategy.ts';

/** The base times the Fibonacci numbers: 1, 1, 2, 3, 5, 8, … */
export const fibonacci: Strategy = {
  name: 'fibonacci',
  delayMs: (failedAttempt, baseMs) => baseMs * fibonacciNumber(failedAttempt),
  floorShare: 0,
};

/** The n-th number, counting from 1; stays at the 90th (2.9e18), where every cap has long been reached. */
function fibonacciNumber(n: number): number {
  let [current, next] = [1, 1];
  for (let i = 1; i < Math.min(n, 90); i += 1) [current, next] = [next, current + next];
  return current;
}
