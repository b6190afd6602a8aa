import { readEnvironment } from '../../src/config/environment.ts';
import type { EnvironmentVariables } from '../../src/config/environment.ts';
import type { CliIo, StopCause } from '../../src/cli/io.ts';
import { NOW } from './samples.ts';

/** A world for one command line: what it writes is kept, what it asks for is given. */
export interface RecordedIo extends CliIo {
  stdout(): string;
  stderr(): string;
  /** Called after everything that is written, to either output. */
  onOutput(listener: () => void): void;
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
  const watchers = new Set<() => void>();
  const write = (output: 'out' | 'err') => (text: string) => {
    written[output] += text;
    watchers.forEach((watcher) => watcher());
  };
  return {
    out: { isTTY, write: write('out') },
    err: { isTTY, write: write('err') },
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
    onOutput: (listener) => void watchers.add(listener),
    stop: (cause) => stops.forEach((listener) => listener(cause)),
  };
}
