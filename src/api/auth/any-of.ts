import type { Authenticator, Principal } from '../../contract/principal.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { DECISION_MS, withinTime } from './within-time.ts';

const MAX_ID = 128;

/**
 * Asks authenticators in turn; the first that recognises somebody decides. It fails closed: when one throws, gives something that is
 * no principal, or all together take longer than five seconds, the others are not asked and nobody is let in.
 *
 * @throws AUTHENTICATOR_FAILED (from the returned function) with the reason as its cause, for the log and not for the caller
 */
export function anyOf(
  ...authenticators: readonly Authenticator[]
): (request: Request) => Promise<Principal | null> {
  return async (request) => {
    try {
      return await withinTime(() => firstOf(authenticators, request), DECISION_MS);
    } catch (cause) {
      throw new TaskerError('AUTHENTICATOR_FAILED', {}, { cause });
    }
  };
}

async function firstOf(
  authenticators: readonly Authenticator[],
  request: Request,
): Promise<Principal | null> {
  for (const authenticate of authenticators) {
    const answer: unknown = await authenticate(request);
    // A host in JavaScript that recognises nobody may well return nothing.
    if (answer !== null && answer !== undefined) return principal(answer);
  }
  return null;
}

/**
 * What a host gave, as a principal of which nothing is left open: a missing list of namespaces must not come to mean all of them.
 * @throws Error saying what is wrong
 */
function principal(answer: unknown): Principal {
  if (typeof answer !== 'object' || answer === null) throw new Error('a principal is an object');
  const { id, permissions, namespaces } = answer as Partial<Record<keyof Principal, unknown>>; // sound: every member is checked below
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID)
    throw new Error(`the id of a principal is text of 1 to ${MAX_ID} characters`);
  if (id.includes('\u0000') || !id.isWellFormed())
    throw new Error('the id of a principal has characters that cannot be stored');
  if (!(permissions instanceof Set)) throw new Error('the permissions of a principal are a Set');
  if (namespaces !== null && !isTexts(namespaces))
    throw new Error('the namespaces of a principal are a list of texts, or null for all');
  return { id, permissions: permissions as Principal['permissions'], namespaces }; // sound: a word that is no permission is never asked for
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
