import { STOP_EXIT_CODES } from './io.ts';
import type { CliIo, StopCause } from './io.ts';

/** A request to stop, as an AbortSignal, and the exit code that goes with it. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** The exit code of an interrupted command; null as long as nobody asked to stop. */
  exitCode(): number | null;
  /** Why it stops; null as long as nobody asked to. */
  cause(): StopCause | null;
  /** Stops listening. */
  release(): void;
}

/** Listens for the first request to stop. */
export function stopSignal(io: CliIo): StopSignal {
  const controller = new AbortController();
  let cause: StopCause | null = null;
  const release = io.onStop((given) => {
    cause ??= given;
    controller.abort();
  });
  return {
    signal: controller.signal,
    exitCode: () => (cause === null ? null : STOP_EXIT_CODES[cause]),
    cause: () => cause,
    release,
  };
}

/** Resolves at the request to stop. */
export function untilStopped({ signal }: StopSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // Keeps the process alive whatever the engine's own timers do: waiting is the command's work.
    const alive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
}
