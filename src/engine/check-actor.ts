import { TaskerError } from '../kernel/errors.ts';
import type { Actor } from '../model/task.ts';

/** An actor with its reason filled in. */
export interface CheckedActor {
  readonly actor: string;
  readonly reason: string;
}

/** Who acts and why, checked. @throws INVALID_REQUEST */
export function checkActor(by: Actor): CheckedActor {
  return {
    actor: checked(by?.actor, 'actor') ?? fail('actor must be given: who does this?'),
    reason: checked(by.reason, 'reason') ?? 'unknown',
  };
}

function checked(value: unknown, field: string): string | undefined {
  if (value === undefined) return undefined;
  if (
    typeof value !== 'string' ||
    value === '' ||
    value.length > 128 ||
    value.includes('\u0000') ||
    !value.isWellFormed()
  ) {
    return fail(`${field} must be text of 1 to 128 characters`);
  }
  return value;
}

function fail(problem: string): never {
  throw new TaskerError('INVALID_REQUEST', { problem });
}
