import type { Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { ErrorCode, ErrorDetails } from '../kernel/errors.ts';
import { PermanentError, RetryableError } from '../kernel/handler-errors.ts';
import type { Json } from '../kernel/json.ts';

/** What a failed attempt is known by. */
export interface AttemptFailure<Code extends ErrorCode> {
  readonly code: Code;
  readonly details: ErrorDetails<Code>;
  readonly data?: Json;
  readonly cause?: unknown;
  /** Only for a retryable failure: the wait that the remote system asked for. */
  readonly retryAfterMs?: Milliseconds | null;
}

/** An error that asks for another attempt; its message and `code` are the catalogue's. */
export function retryableFailure<Code extends ErrorCode>(
  failure: AttemptFailure<Code>,
): RetryableError & { readonly code: Code } {
  const { retryAfterMs } = failure;
  const error = new RetryableError(messageOf(failure), {
    ...optionsOf(failure),
    ...(retryAfterMs !== undefined && retryAfterMs !== null && { retryAfter: retryAfterMs }),
  });
  return Object.assign(error, { code: failure.code });
}

/** An error that forbids another attempt; its message and `code` are the catalogue's. */
export function permanentFailure<Code extends ErrorCode>(
  failure: AttemptFailure<Code>,
): PermanentError & { readonly code: Code } {
  return Object.assign(new PermanentError(messageOf(failure), optionsOf(failure)), {
    code: failure.code,
  });
}

/** True for an error that already says whether to try again, also from another copy of the package. */
export function isAttemptError(error: unknown): error is RetryableError | PermanentError {
  return (
    error instanceof Error && (error.name === 'RetryableError' || error.name === 'PermanentError')
  );
}

function messageOf<Code extends ErrorCode>({ code, details }: AttemptFailure<Code>): string {
  return new TaskerError(code, details).message;
}

function optionsOf<Code extends ErrorCode>({
  data,
  cause,
}: AttemptFailure<Code>): ErrorOptions & { readonly data?: Json } {
  return { ...(data !== undefined && { data }), ...(cause !== undefined && { cause }) };
}
