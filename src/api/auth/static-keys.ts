import { createHash, timingSafeEqual } from 'node:crypto';
import { ALL_ROLES, permissionsOf, unknownGrants } from '../../contract/permissions.ts';
import type { Authenticator, Principal } from '../../contract/principal.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { presentedKey } from './credentials.ts';

/** One key of `TASKER_API_KEYS`. */
export interface StaticKey {
  /** Recorded as the actor `env:<name>`. */
  readonly name: string;
  readonly grants: readonly string[];
  /** null means all. */
  readonly namespaces: readonly string[] | null;
  readonly secret: string;
}

const OPTION = 'TASKER_API_KEYS';
const FORM = 'write name=role:secret, with a comma between keys';
const NAME = /^[A-Za-z0-9._-]{1,32}$/;
const SECRET = /^[A-Za-z0-9._~+/=-]+$/;
const [SHORTEST, LONGEST] = [32, 512];

/**
 * Reads `name=grant[+grant…][@namespace[+namespace…]]:secret`, with commas between keys. A secret has 32 to 512 characters of
 * `A-Z a-z 0-9 . _ ~ + / = -`.
 *
 * @throws INVALID_OPTION that names the entry by its place and never shows what may be a secret
 */
export function parseStaticKeys(text: string): readonly StaticKey[] {
  const keys = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1));
  for (const field of ['name', 'secret'] as const) {
    const repeated = keys.findIndex((key, at) =>
      keys.some((k, i) => i < at && k[field] === key[field]),
    );
    if (repeated !== -1) throw invalid(repeated + 1, `has the ${field} of an entry before it`);
  }
  return keys;
}

/** Recognises these keys, from `Authorization: Bearer …` or `X-Api-Key`. Only digests are kept, and all of them are compared. */
export function staticKeyAuthenticator(keys: readonly StaticKey[]): Authenticator {
  const known = keys.map(({ name, grants, namespaces, secret }) => ({
    digest: digestOf(secret),
    principal: { id: `env:${name}`, permissions: permissionsOf(grants), namespaces },
  }));
  return (request) => {
    const presented = presentedKey(request);
    if (presented === null) return null;
    const digest = digestOf(presented);
    let found: Principal | null = null;
    for (const key of known) if (timingSafeEqual(digest, key.digest)) found = key.principal;
    return found;
  };
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

function parseKey(entry: string, place: number): StaticKey {
  const equals = entry.indexOf('=');
  // The last colon: permissions have one of their own, secrets have none.
  const colon = entry.lastIndexOf(':');
  if (equals === -1 || colon < equals) throw invalid(place, `is not in the form; ${FORM}`);
  const [name, secret] = [entry.slice(0, equals), entry.slice(colon + 1)];
  if (!NAME.test(name))
    throw invalid(place, 'needs a name of 1 to 32 letters, digits, points, hyphens or underscores');
  const [grantText = '', ...scopes] = entry.slice(equals + 1, colon).split('@');
  if (secret.length < SHORTEST || secret.length > LONGEST)
    throw invalid(
      place,
      `has a secret of ${secret.length} characters; ${SHORTEST} to ${LONGEST} are allowed`,
    );
  if (!SECRET.test(secret))
    throw invalid(place, 'has a secret with other characters than A-Z a-z 0-9 . _ ~ + / = -');
  const grants = grantText.split('+');
  if (unknownGrants(grants).length > 0)
    throw invalid(place, `needs roles (${ALL_ROLES.join(', ')}) or permissions before its secret`);
  if (scopes.length > 1) throw invalid(place, 'has more than one list of namespaces');
  const namespaces = scopes[0]?.split('+') ?? null;
  if (namespaces?.some((namespace) => namespace === '') === true)
    throw invalid(place, 'has an empty namespace after @');
  return { name, grants, namespaces, secret };
}

function invalid(place: number, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', {
    option: OPTION,
    problem: `entry ${place} ${problem}`,
  });
}
