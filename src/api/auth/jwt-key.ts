import { createPublicKey, type KeyObject } from 'node:crypto';
import { TaskerError } from '../../kernel/errors.ts';
import type { JwtOptions } from './jwt-options.ts';
import { createKeySet, type KeySet } from './jwks.ts';

/** What signatures are checked with: one key, or the key that a key set has for a token. */
export type VerificationKey =
  | { readonly kind: 'key'; readonly key: Uint8Array | KeyObject }
  | { readonly kind: 'set'; readonly keys: KeySet };

/** Bytes that a secret needs at least (RFC 7518, 3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const ED = ['EdDSA', 'Ed25519'];
const ASYMMETRIC = [...RSA, ...Object.values(CURVES), ...ED];
const RSA_BITS = 2_048;

/** The key of the options, once it is certain that it fits every algorithm that is allowed. @throws INVALID_OPTION */
export function verificationKey(options: JwtOptions): VerificationKey {
  const { secret, publicKey, jwksUrl, algorithms } = options;
  if ([secret, publicKey, jwksUrl].filter((source) => source !== undefined).length !== 1)
    throw invalid('secret', 'give exactly one of secret, publicKey and jwksUrl');
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    throw invalid('algorithms', 'name the algorithms that are allowed, such as RS256');
  if (secret !== undefined) return { kind: 'key', key: secretKey(secret, algorithms) };
  if (publicKey !== undefined) return { kind: 'key', key: asymmetricKey(publicKey, algorithms) };
  onlyOf(algorithms, ASYMMETRIC, 'a key set');
  return { kind: 'set', keys: createKeySet(keySetUrl(options)) };
}

function secretKey(secret: string | Uint8Array, algorithms: readonly string[]): Uint8Array {
  onlyOf(algorithms, Object.keys(SECRET_BYTES), 'a secret');
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  const needed = Math.max(...algorithms.map((algorithm) => SECRET_BYTES[algorithm] ?? 0));
  if (bytes.length < needed) {
    const problem = `has ${bytes.length} bytes; at least ${needed} are needed for ${algorithms.join(', ')}`;
    throw invalid('secret', problem);
  }
  return bytes;
}

function asymmetricKey(pem: string, algorithms: readonly string[]): KeyObject {
  const key = readPublicKey(pem);
  onlyOf(algorithms, algorithmsOf(key), 'this key');
  return key;
}

function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY'))
    throw invalid('publicKey', 'is a private key; give the public key that belongs to it');
  try {
    return createPublicKey(pem);
  } catch (cause) {
    const problem = 'is not a public key in PEM (-----BEGIN PUBLIC KEY-----)';
    throw new TaskerError('INVALID_OPTION', { option: 'jwt.publicKey', problem }, { cause });
  }
}

function algorithmsOf(key: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      if (modulusLength >= RSA_BITS)
        return RSA.filter((name) => key.asymmetricKeyType === 'rsa' || name.startsWith('PS'));
      throw invalid('publicKey', `has ${modulusLength} bits; at least ${RSA_BITS} are needed`);
    case 'ec':
      return [CURVES[namedCurve] ?? ''].filter((name) => name !== '');
    case 'ed25519':
      return ED;
    default:
      throw invalid('publicKey', 'is of a kind that is not supported: use RSA, EC or Ed25519');
  }
}

/** A token never chooses between kinds of keys: what does not fit this kind is refused before there is a token. */
function onlyOf(algorithms: readonly string[], fitting: readonly string[], what: string): void {
  const foreign = algorithms.find((algorithm) => !fitting.includes(algorithm));
  if (foreign === undefined) return;
  const problem = `${JSON.stringify(foreign)} cannot be used with ${what}; allowed: ${fitting.join(', ') || 'none'}`;
  throw invalid('algorithms', problem);
}

function keySetUrl({ jwksUrl = '', allowInsecureJwks = false }: JwtOptions): URL {
  const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : null;
  if (url === null)
    throw invalid('jwksUrl', 'is not an address; give one that begins with https://');
  if (url.username !== '' || url.password !== '')
    throw invalid('jwksUrl', 'has a user or a password in it; a key set is public');
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && isLoopback && allowInsecureJwks) return url;
  throw invalid('jwksUrl', 'must begin with https://: whoever changes the key set can be anybody');
}

/** @param field of `JwtOptions` */
export function invalid(field: keyof JwtOptions, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', { option: `jwt.${field}`, problem });
}
