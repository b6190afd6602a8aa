import { TaskerError } from '../kernel/errors.ts';
import type { Actor } from '../model/task.ts';
import { checkText, MAX_TEXT } from './check-text.ts';

/** An actor with its reason filled in. */
export interface CheckedActor {
  readonly actor: string;
  readonly reason: string;
}

/** Who acts and why, checked. @throws INVALID_REQUEST */
export function checkActor(by: Actor): CheckedActor {
  if (by?.actor === undefined) {
    throw new TaskerError('INVALID_REQUEST', { problem: 'actor must be given: who does this?' });
  }
  return {
    actor: checkText('actor', by.actor, MAX_TEXT),
    reason: by.reason === undefined ? 'unknown' : checkText('reason', by.reason, MAX_TEXT),
  };
}
