import { errorText } from '../engine/advance.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import type { FailedRun, Run } from './run.ts';

/** A result that PostgreSQL refuses although it passed the gate: the step fails for good, and says why. */
export function unstorable(run: Run, error: unknown): FailedRun {
  const stored = serializeError(error);
  return {
    run,
    outcome: 'error',
    errorText: errorText(stored),
    message: stored.message,
    retryInMs: null,
  };
}

/** True when the database refused the statement for what it contains (SQLSTATE classes 22 and 23): nothing of it was stored. */
export function isRefusal(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
