import { readEnvironment } from '../../src/config/environment.ts';
import type { EnvironmentVariables } from '../../src/config/environment.ts';
import type { CliIo, StopCause } from '../../src/cli/io.ts';
import { NOW } from './samples.ts';

/** A world for one command line: what it writes is kept, what it asks for is given. */
export interface RecordedIo extends CliIo {
  stdout(): string;
  stderr(): string;
  /** Sends the request to stop. */
  stop(cause: StopCause): void;
}

export interface RecordedIoOptions {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: EnvironmentVariables;
  readonly directory?: string;
}

export function recordedIo(options: RecordedIoOptions = {}): RecordedIo {
  const isTTY = options.isTTY ?? false;
  const written = { out: '', err: '' };
  const stops = new Set<(cause: StopCause) => void>();
  return {
    out: { isTTY, write: (text) => void (written.out += text) },
    err: { isTTY, write: (text) => void (written.err += text) },
    environment: readEnvironment(options.variables ?? {}),
    directory: options.directory ?? '/nowhere',
    pid: 4_711,
    isRunning: () => false,
    user: 'ann',
    size: () => ({ columns: options.columns ?? 100, rows: options.rows ?? 24 }),
    now: () => NOW,
    onStop(listener) {
      stops.add(listener);
      return () => void stops.delete(listener);
    },
    onStrayRejection: () => () => undefined,
    stdout: () => written.out,
    stderr: () => written.err,
    stop: (cause) => stops.forEach((listener) => listener(cause)),
  };
}
