import { TaskerError, isTaskerError } from '../kernel/errors.ts';
import { systemPorts } from '../kernel/ports.ts';
import { fullJitter, pause } from './pause.ts';

/**
 * What a database failure means: whether the server is away, whether the connection may be used again, whether trying again helps.
 * SQLSTATE codes are those of the PostgreSQL manual, appendix A.
 */

/** Five characters; none of its classes starts with E, unlike system error codes such as EPIPE. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/;

/** Classes 08 (connection) and 53 (resources), shutdown and startup, a server that lost or never had the right to write. */
const UNAVAILABLE_STATES = /^(?:08...|53...|57P0[1-5]|25006|25P03|25P04)$/;

const UNAVAILABLE_SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
]);

/** What the driver says, without a code, when the connection is gone or silent. */
const UNAVAILABLE_MESSAGES =
  /terminated|timeout|not queryable|after calling end|stream was destroyed|write after end/i;

/** The code of a failure: SQLSTATE, a system error code, or undefined. */
export function failureCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || isTaskerError(error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The SQLSTATE of a failure that the server itself reported. */
export function sqlState(error: unknown): string | undefined {
  const code = failureCode(error);
  return code !== undefined && SQLSTATE.test(code) ? code : undefined;
}

/** True when the database cannot be reached or cannot take work now: waiting and trying again is right. */
export function isUnavailable(error: unknown): boolean {
  if (isTaskerError(error)) return error.code === 'DATABASE_UNAVAILABLE';
  const state = sqlState(error);
  if (state !== undefined) return UNAVAILABLE_STATES.test(state);
  const code = failureCode(error);
  if (code !== undefined) return UNAVAILABLE_SYSTEM_CODES.has(code);
  return error instanceof Error && UNAVAILABLE_MESSAGES.test(error.message);
}

/** The failure as the caller sees it: `DATABASE_UNAVAILABLE` around what means that, everything else as it is. */
export function toCallerError(error: unknown): unknown {
  return isUnavailable(error) && !isTaskerError(error) ? unavailable(error) : error;
}

/** `DATABASE_UNAVAILABLE` with its cause. */
export function unavailable(error: unknown): TaskerError<'DATABASE_UNAVAILABLE'> {
  const problem =
    error instanceof Error && error.message !== ''
      ? error.message
      : (failureCode(error) ?? String(error));
  return new TaskerError('DATABASE_UNAVAILABLE', { problem }, { cause: error });
}

/**
 * True when the connection must not be used again: anything that the server did not report as the failure of one statement, and
 * prepared statements that no longer fit (26000 unknown, 42P05 double, 0A000 after a migration changed their result).
 */
export function isDoubtful(error: unknown): boolean {
  if (isTaskerError(error)) return true;
  const state = sqlState(error);
  return state === undefined || UNAVAILABLE_STATES.test(state) || isStalePlan(error);
}

/** True when a prepared statement no longer fits the connection or the schema: nothing ran, another connection will do. */
export function isStalePlan(error: unknown): boolean {
  const state = sqlState(error);
  if (state === '26000' || state === '42P05') return true;
  return state === '0A000' && error instanceof Error && error.message.includes('cached plan');
}

/** True for a deadlock (40P01) or a serialization failure (40001): the server undid everything, so it may be done again. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** How often work that met a conflict is done again. */
const CONFLICT_RETRIES = 5;

/**
 * Does work again, at most 5 times, while it fails by a conflict or a stale plan: in both cases the server undid everything.
 * Rests up to 10, 20, 40 … ms in between.
 */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (failures >= CONFLICT_RETRIES || !(isConflict(error) || isStalePlan(error))) throw error;
      await pause(fullJitter(10 * 2 ** failures, systemPorts.random));
    }
  }
}
