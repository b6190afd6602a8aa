import { CATALOGUE } from './error-catalogue.ts';
import type { Entry } from './error-entry.ts';

/** Every error code, as a union. */
export type ErrorCode = keyof typeof CATALOGUE;

/** What an error of this code carries. */
export type ErrorDetails<Code extends ErrorCode> =
  Parameters<(typeof CATALOGUE)[Code]['message']> extends [infer Details]
    ? Details
    : Record<string, never>;

/** The only error that Tasker throws. Branch on `code`, show `message` and `hint`. */
export class TaskerError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TaskerError';
  readonly code: Code;
  readonly details: ErrorDetails<Code>;
  /** The HTTP status that fits this error. */
  readonly status: number;
  /** The exit code that a command ends with. */
  readonly exitCode: number;
  /** What to do about it, as one sentence. */
  readonly hint: string;

  /** @param options.message instead of the catalogue's own: the words of the process that the error comes from */
  constructor(
    code: Code,
    details: ErrorDetails<Code>,
    options?: ErrorOptions & { readonly message?: string },
  ) {
    const entry: Entry = CATALOGUE[code];
    const text = entry.message as (d: ErrorDetails<Code>) => string; // sound: entry and details share Code
    super(options?.message ?? text(details), options);
    this.code = code;
    this.details = details;
    this.status = entry.status;
    this.exitCode = entry.exit ?? (entry.status < 500 ? 2 : 1);
    this.hint = entry.hint;
  }
}

/** Narrows an unknown error to a TaskerError, of one code when a code is given. Works across copies of the package. */
export function isTaskerError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is TaskerError<Code> {
  if (!(error instanceof Error) || error.name !== 'TaskerError' || !('code' in error)) return false;
  return code === undefined ? String(error.code) in CATALOGUE : error.code === code;
}

/** Every code with its status and hint, for the reference page and its test. */
export const ERROR_CODES: readonly {
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
}[] = Object.entries(CATALOGUE).map(([code, entry]) => ({
  code: code as ErrorCode,
  status: entry.status,
  hint: entry.hint,
})); // sound: keys of the table
