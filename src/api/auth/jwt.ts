import { errors, jwtVerify, type JWTPayload } from 'jose';
import { permissionsOf } from '../../contract/permissions.ts';
import type { Authenticator, Principal } from '../../contract/principal.ts';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { parseDuration } from '../../kernel/duration.ts';
import { bearerToken } from './credentials.ts';
import { invalid, verificationKey, type VerificationKey } from './jwt-key.ts';
import type { JwtOptions } from './jwt-options.ts';

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const MAX_SUBJECT = 128;
const MAX_TOLERANCE_MS = 300_000;

/**
 * Recognises JSON Web Tokens in `Authorization: Bearer …`. A token needs `exp`, `sub` (the principal's id, 1 to 128 characters), the right
 * `iss` and `aud`, and a signature of an allowed algorithm by the configured key. Headers of a token that name or contain keys (`jku`,
 * `x5u`, `jwk`, `x5c`) are ignored.
 *
 * The returned function gives null for a token that is not right, and throws when the key set cannot be fetched.
 *
 * @param clock the wall clock: tokens carry wall-clock times
 * @throws INVALID_OPTION naming the option and what is wrong with it
 */
export function jwt(options: JwtOptions, clock: Clock = systemClock): Authenticator {
  const key = verificationKey(options);
  const issuer = wanted('issuer', options.issuer);
  const audience = wanted('audience', options.audience);
  const tolerance = parseDuration(options.clockTolerance ?? '30s', 'jwt.clockTolerance');
  if (tolerance > MAX_TOLERANCE_MS) throw invalid('clockTolerance', 'must be at most 5 minutes');
  return async (request) => {
    const token = bearerToken(request);
    if (token === null || !TOKEN.test(token)) return null;
    const claims = await verified(token, key, {
      algorithms: [...options.algorithms],
      issuer,
      audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: tolerance / 1_000,
      currentDate: clock.now(),
    });
    return claims === null ? null : principalOf(claims, options);
  };
}

/** The claims of a token that is right in every way; null when it is not. @throws what the key set throws */
async function verified(
  token: string,
  source: VerificationKey,
  options: Parameters<typeof jwtVerify>[2],
): Promise<JWTPayload | null> {
  try {
    const { payload } =
      source.kind === 'key'
        ? await jwtVerify(token, source.key, options)
        : await jwtVerify(token, source.keys, options);
    return payload;
  } catch (error) {
    if (isFaultOfToken(error)) return null;
    throw error;
  }
}

/** What a caller can bring about with a token alone; everything else (a key set that cannot be had) is the server's. */
function isFaultOfToken(error: unknown): boolean {
  return [
    errors.JWTClaimValidationFailed,
    errors.JWTExpired,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

function principalOf(claims: JWTPayload, options: JwtOptions): Principal | null {
  const { permissionsClaim = 'permissions', roleClaim = 'role', namespacesClaim } = options;
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) return null;
  if (sub.includes('\u0000') || !sub.isWellFormed()) return null;
  const grants = [...words(claims, permissionsClaim), ...words(claims, roleClaim)];
  return {
    id: sub,
    permissions: permissionsOf(grants),
    namespaces: namespacesClaim === undefined ? null : words(claims, namespacesClaim),
  };
}

/** The words of a claim: a list of texts, or one text with spaces between them. Anything else says nothing. */
function words(claims: JWTPayload, name: string): readonly string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((word): word is string => typeof word === 'string' && word !== '');
}

function wanted(field: 'issuer' | 'audience', value: string | readonly string[]): string[] {
  const accepted = typeof value === 'string' ? [value] : Array.isArray(value) ? [...value] : [];
  if (accepted.length === 0 || accepted.some((entry) => typeof entry !== 'string' || entry === ''))
    throw invalid(field, `must be given: which ${field} is accepted?`);
  return accepted;
}
