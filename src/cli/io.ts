import { userInfo } from 'node:os';
import { readEnvironment } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';

/** Why a command is asked to end: a signal of the operating system, or the reader of its output is gone. */
export type StopCause = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** True when a person looks at it. */
  readonly isTTY: boolean;
}

/**
 * The command line's whole world: nothing else in `cli` touches the process or the clock, so a test hands in its own.
 */
export interface CliIo {
  readonly out: Output;
  readonly err: Output;
  readonly environment: Environment;
  /** The working directory, absolute. */
  readonly directory: string;
  /** The id of this process. */
  readonly pid: number;
  /** True while a process of that id exists. */
  isRunning(pid: number): boolean;
  /** The user's name, recorded as who acts. */
  readonly user: string;
  /** Size of the terminal in characters; 80 by 24 when it is not known. */
  size(): { readonly columns: number; readonly rows: number };
  now(): Date;
  /** Called at the first request to stop; the answer unsubscribes. A second signal ends the process at once. */
  onStop(listener: (cause: StopCause) => void): () => void;
  /**
   * While somebody listens, a promise that a handler let go and that rejects does not end the process, as Node otherwise does: the
   * step's own outcome stands, and the neighbours run on. The answer unsubscribes.
   */
  onStrayRejection(listener: (reason: unknown) => void): () => void;
}

/** The exit code that tells the shell which signal ended a command: 128 + the signal's number. */
export const STOP_EXIT_CODES: Readonly<Record<StopCause, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGPIPE: 141,
};

/** The real process. `finish` flushes the output, then ends the process with the exit code. */
export interface ProcessIo extends CliIo {
  readonly argv: readonly string[];
  finish(exitCode: number): Promise<void>;
}

/**
 * Binds the command line to this process.
 *
 * I1: a closed pipe (`tasker tasks list | head -1`) is no error: further output is dropped and the command is asked to stop.
 * I2: the second SIGINT or SIGTERM ends the process at once, whatever hangs.
 */
export function processIo(): ProcessIo {
  const stops = new Set<(cause: StopCause) => void>();
  const stop = (cause: StopCause): void => stops.forEach((listener) => listener(cause));
  listenToSignals(stop);
  return {
    argv: process.argv,
    out: output(process.stdout, stop),
    err: output(process.stderr, stop),
    environment: readEnvironment(),
    directory: process.cwd(),
    pid: process.pid,
    isRunning,
    user: userName(),
    size: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    now: () => new Date(),
    onStop(listener) {
      stops.add(listener);
      return () => void stops.delete(listener);
    },
    onStrayRejection(listener) {
      process.on('unhandledRejection', listener);
      return () => void process.off('unhandledRejection', listener);
    },
    async finish(exitCode) {
      await Promise.all([flush(process.stdout), flush(process.stderr)]);
      process.exit(exitCode);
    },
  };
}

function listenToSignals(stop: (cause: StopCause) => void): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(STOP_EXIT_CODES[signal]);
      asked = true;
      stop(signal);
    });
  }
}

function output(stream: NodeJS.WriteStream, stop: (cause: StopCause) => void): Output {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    if (!open) return;
    open = false;
    stop('SIGPIPE');
  });
  return {
    isTTY: stream.isTTY === true,
    write: (text) => {
      if (open) stream.write(text);
    },
  };
}

/** Resolves when everything that was written has left the process (or can leave it no more). */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writable) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
