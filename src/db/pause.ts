import type { Random } from '../kernel/ports.ts';

/** Waits, unless the signal ends the wait sooner. Both ends are normal: the caller looks at its signal. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** A random share of the ceiling (full jitter), so that many who failed together do not come back together. */
export function fullJitter(ceiling: number, random: Random): number {
  return random() * ceiling;
}
