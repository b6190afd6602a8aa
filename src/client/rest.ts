import type { Milliseconds } from '../kernel/duration.ts';

/** Resolves after a time. @throws the reason of the signal, at once, when it is aborted */
export async function rest(ms: Milliseconds, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = (): void => reject(signal?.reason as Error); // sound: rejected with whatever the host aborts with
    signal?.addEventListener('abort', stop, { once: true });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([over, aborted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
