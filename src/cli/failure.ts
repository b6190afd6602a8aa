import { CommanderError } from 'commander';
import { isTaskerError } from '../kernel/errors.ts';
import type { TaskerError } from '../kernel/errors.ts';
import type { CliIo } from './io.ts';
import type { Style } from './output/text.ts';
import { createStyle, printable } from './output/text.ts';

/** Exit code for input that is wrong: flags, arguments, files, contexts. */
export const EXIT_BAD_INPUT = 2;

/**
 * Reports why a command failed and gives its exit code. A person gets `✗ message`, what to do, and the code; `--json` gets one JSON
 * document `{"error": {...}}` on standard error. A stack trace is shown only with TASKER_DEBUG=1.
 */
export function reportFailure(error: unknown, io: CliIo, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // help and version are no failures
    // A person has the message already: commander writes it where it finds the fault.
    const message = usageMessage(error.message);
    if (json) io.err.write(`${JSON.stringify({ error: { code: 'INVALID_USAGE', message } })}\n`);
    return EXIT_BAD_INPUT;
  }
  const failure = describe(error);
  if (json) {
    io.err.write(`${JSON.stringify({ error: failure.document })}\n`);
  } else {
    io.err.write(`${cross(io)} ${printable(failure.message)}\n`);
    io.err.write(`  ${printable(failure.hint)}  ${errorStyle(io).faint(failure.code)}\n`);
  }
  if (io.environment.debug && error instanceof Error) io.err.write(`${error.stack ?? ''}\n`);
  return failure.exitCode;
}

/** The sign in front of every failure. */
export function cross(io: CliIo): string {
  return errorStyle(io).bad('✗');
}

function errorStyle(io: CliIo): Style {
  return createStyle(io.err.isTTY && io.environment.colour !== 'never');
}

/** commander's `error: …` as one line, with its suggestion behind it. */
export function usageMessage(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
}

interface Failure {
  readonly message: string;
  readonly hint: string;
  readonly code: string;
  readonly exitCode: number;
  readonly document: object;
}

function describe(error: unknown): Failure {
  if (isTaskerError(error)) {
    const { code, message, status, exitCode, details } = error;
    const hint = hintOf(error);
    return { code, message, hint, exitCode, document: { code, message, hint, status, details } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = 'UNEXPECTED';
  return {
    code,
    message: `Something unexpected happened: ${message}`,
    hint: 'Set TASKER_DEBUG=1 to see where it came from.',
    exitCode: 1,
    document: { code, message },
  };
}

/** In code, named handlers are registered by a call; on the command line, by an option. */
function hintOf(error: TaskerError): string {
  const lacksHandler =
    isTaskerError(error, 'INVALID_DEFINITION') &&
    error.details.problems.some(
      (problem) => 'code' in problem && problem.code === 'UNKNOWN_HANDLER',
    );
  return lacksHandler
    ? 'Give the module of your named handlers with --handlers FILE, or name a file: ./steps/cart.ts#fetchCart.'
    : error.hint;
}
