import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { permissionsOf } from '../../contract/permissions.ts';
import { jwt } from './jwt.ts';
import type { JwtOptions } from './jwt-options.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const clock = { now: () => NOW };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const pem = (key: { readonly publicKey: typeof rsa.publicKey }): string =>
  key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const SECRET = 'a shared secret that is long enough for HS256';
const CLAIMS = {
  sub: 'ada',
  iss: 'https://id.example',
  aud: 'tasker',
  exp: SECONDS + 60,
  role: 'operator',
};
const CHECKS = { issuer: 'https://id.example', audience: 'tasker' } as const;
const HS: JwtOptions = { ...CHECKS, algorithms: ['HS256'], secret: SECRET };
const RS: JwtOptions = { ...CHECKS, algorithms: ['RS256'], publicKey: pem(rsa) };

const signed = (claims: JWTPayload, header: object = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(Buffer.from(SECRET));
const bearer = (token: string): Request =>
  new Request('http://localhost/tasks', { headers: { authorization: `Bearer ${token}` } });
const whoIs = async (token: string, options: JwtOptions = HS) => jwt(options, clock)(bearer(token));

/** A token put together by hand, for what no library signs. */
function handMade(header: object, claims: object, signature: (data: string) => string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const data = `${part(header)}.${part(claims)}`;
  return `${data}.${signature(data)}`;
}
const hmac = (key: string, data: string): string =>
  createHmac('sha256', key).update(data).digest('base64url');

describe('a token that is right', () => {
  test('is its subject with the permissions of its role, in every namespace', async () => {
    expect(await whoIs(await signed(CLAIMS))).toEqual({
      id: 'ada',
      permissions: permissionsOf(['operator']),
      namespaces: null,
    });
  });

  test.each([
    ['RS256', rsa],
    ['PS512', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
  ])('may be signed with %s', async (alg, pair) => {
    const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(pair.privateKey);

    expect((await whoIs(token, { ...CHECKS, algorithms: [alg], publicKey: pem(pair) }))?.id).toBe(
      'ada',
    );
  });

  test('names permissions and roles in the claims of the options, as a list or as words', async () => {
    const options = { ...HS, permissionsClaim: 'scope', roleClaim: 'https://x.example/roles' };
    const token = await signed({
      ...CLAIMS,
      scope: 'tasks:cancel steps:*',
      'https://x.example/roles': ['viewer', 7],
    });

    expect((await whoIs(token, options))?.permissions).toEqual(
      permissionsOf(['viewer', 'tasks:cancel', 'steps:*']),
    );
  });

  test('sees the namespaces of its claim, and none when it has no such claim', async () => {
    const options = { ...HS, namespacesClaim: 'tenants' };

    expect(
      (await whoIs(await signed({ ...CLAIMS, tenants: ['shop'] }), options))?.namespaces,
    ).toEqual(['shop']);
    expect((await whoIs(await signed(CLAIMS), options))?.namespaces).toEqual([]);
  });

  test.each([
    ['"*" alone', { permissions: ['*'] }],
    ['an unknown permission', { permissions: ['tasks:everything'] }],
    ['a permission that is an object', { permissions: [{ toString: 'admin' }] }],
    ['a claim of the prototype', { role: undefined, permissions: undefined }],
  ])('may do nothing with %s', async (_, claims) => {
    const principal = await whoIs(await signed({ ...CLAIMS, role: [], ...claims }));

    expect(principal?.permissions.size).toBe(0);
  });

  test('may be up to the tolerance too late', async () => {
    expect(await whoIs(await signed({ ...CLAIMS, exp: SECONDS - 29 }))).not.toBe(null);
    expect(await whoIs(await signed({ ...CLAIMS, exp: SECONDS - 31 }))).toBe(null);
    expect(await whoIs(await signed({ ...CLAIMS, nbf: SECONDS + 29 }))).not.toBe(null);
    expect(await whoIs(await signed({ ...CLAIMS, nbf: SECONDS + 31 }))).toBe(null);
  });
});

describe('nobody is recognised in', () => {
  const without = (name: keyof typeof CLAIMS): Promise<string> =>
    signed(Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name)));

  test.each<[string, () => Promise<string> | string, JwtOptions?]>([
    ['a token of another issuer', () => signed({ ...CLAIMS, iss: 'https://evil.example' })],
    ['a token for another audience', () => signed({ ...CLAIMS, aud: 'mail' })],
    ['a token without an issuer', () => without('iss')],
    ['a token without an audience', () => without('aud')],
    ['a token without an end', () => without('exp')],
    ['a token without a subject', () => without('sub')],
    ['an empty subject', () => signed({ ...CLAIMS, sub: '' })],
    ['a subject with NUL', () => signed({ ...CLAIMS, sub: 'a\u0000b' })],
    ['a subject that is too long', () => signed({ ...CLAIMS, sub: 'a'.repeat(129) })],
    ['an unsigned token', () => new UnsecuredJWT(CLAIMS).encode()],
    ['"none" in capitals', () => handMade({ alg: 'NONE' }, CLAIMS, () => '')],
    ['an algorithm that is not allowed', () => signed(CLAIMS, { alg: 'HS512' })],
    [
      'HS256 signed with the public key',
      () => handMade({ alg: 'HS256' }, CLAIMS, (data) => hmac(pem(rsa), data)),
      RS,
    ],
    [
      'HS256 signed with the trimmed public key',
      () => handMade({ alg: 'HS256' }, CLAIMS, (data) => hmac(pem(rsa).trim(), data)),
      RS,
    ],
    [
      'a changed claim',
      async () =>
        (await signed(CLAIMS)).replace(
          /\.[^.]+\./,
          `.${Buffer.from(JSON.stringify({ ...CLAIMS, role: 'admin' })).toString('base64url')}.`,
        ),
    ],
    [
      'a critical header that is not understood',
      () =>
        handMade({ alg: 'HS256', crit: ['b64'], b64: false }, CLAIMS, (data) => hmac(SECRET, data)),
    ],
    ['claims that are a list', () => handMade({ alg: 'HS256' }, [], (data) => hmac(SECRET, data))],
    [
      'a key id that is a path',
      () => handMade({ alg: 'HS256', kid: '../../dev/null' }, CLAIMS, (data) => hmac('', data)),
    ],
    ['three words', () => 'a.b.c'],
    ['an API key', () => `tk_aaaaaaaa_${'a'.repeat(43)}`],
  ])('%s', async (_, token, options) => {
    expect(await whoIs(await token(), options)).toBe(null);
  });

  test('a token with its own key in its header, signed with that key', async () => {
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({
        alg: 'ES256',
        jwk: other.publicKey.export({ format: 'jwk' }),
        x5c: ['MII'],
        kid: String(jwk.n),
      })
      .sign(other.privateKey);

    expect(await whoIs(token, { ...CHECKS, algorithms: ['ES256'], publicKey: pem(ec) })).toBe(null);
  });

  test.each([
    ['another scheme', { authorization: 'Basic Og==' }],
    ['no header', {}],
    ['a token in a header for keys', { 'x-api-key': 'a.b.c' }],
    ['two tokens', { authorization: 'Bearer a.b.c, Bearer d.e.f' }],
  ])('%s', async (_, headers) => {
    const request = new Request('http://localhost/?access_token=a.b.c', { headers });

    expect(await jwt(HS, clock)(request)).toBe(null);
  });
});

describe('options are refused with', () => {
  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const jwks = { ...CHECKS, algorithms: ['RS256'], jwksUrl: 'https://id.example/keys' };

  test.each<[string, object, ...string[]]>([
    ['a secret of 10 bytes', { ...HS, secret: 'short secr' }, 'secret', '10 bytes; at least 32'],
    ['a secret too short for HS512', { ...HS, algorithms: ['HS512'] }, 'secret', 'at least 64'],
    [
      'HS256 beside a public key',
      { ...RS, algorithms: ['RS256', 'HS256'] },
      'algorithms',
      '"HS256" cannot be used with this key',
    ],
    ['HS256 beside a key set', { ...jwks, algorithms: ['HS256'] }, 'algorithms', 'a key set'],
    ['RS256 beside a secret', { ...HS, algorithms: ['RS256'] }, 'algorithms', 'a secret'],
    ['ES256 beside an RSA key', { ...RS, algorithms: ['ES256'] }, 'algorithms', '"ES256"'],
    ['none', { ...HS, algorithms: ['none'] }, 'algorithms', '"none"'],
    ['no algorithm', { ...HS, algorithms: [] }, 'algorithms', 'name the algorithms'],
    ['algorithms left out', { ...CHECKS, secret: SECRET }, 'algorithms', 'name the algorithms'],
    ['two keys', { ...HS, publicKey: pem(rsa) }, 'secret', 'exactly one'],
    ['no key', { ...CHECKS, algorithms: ['HS256'] }, 'secret', 'exactly one'],
    ['no issuer', { ...HS, issuer: '' }, 'issuer', 'must be given'],
    ['no audience', { ...HS, audience: undefined }, 'audience', 'must be given'],
    [
      'a private key',
      { ...RS, publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      'publicKey',
      'is a private key',
    ],
    ['text that is no key', { ...RS, publicKey: 'abc' }, 'publicKey', 'not a public key in PEM'],
    ['a weak RSA key', { ...RS, publicKey: pem(rsa1024) }, 'publicKey', '1024 bits; at least 2048'],
    ['a key set over http', { ...jwks, jwksUrl: 'http://id.example/keys' }, 'jwksUrl', 'https://'],
    [
      'a key set over http on loopback',
      { ...jwks, jwksUrl: 'http://127.0.0.1/keys' },
      'jwksUrl',
      'https://',
    ],
    [
      'a key set over http elsewhere, although allowed',
      { ...jwks, jwksUrl: 'http://10.0.0.1/keys', allowInsecureJwks: true },
      'jwksUrl',
      'https://',
    ],
    ['a key set in a file', { ...jwks, jwksUrl: 'file:///etc/passwd' }, 'jwksUrl', 'https://'],
    [
      'a key set with a password',
      { ...jwks, jwksUrl: 'https://a:hidden-word@id.example/keys' },
      'jwksUrl',
      'a user or a password',
    ],
    ['no address at all', { ...jwks, jwksUrl: 'keys' }, 'jwksUrl', 'not an address'],
    [
      'a tolerance of an hour',
      { ...HS, clockTolerance: '1h' },
      'clockTolerance',
      'at most 5 minutes',
    ],
  ])('%s', (_, options, ...expected) => {
    const [field = '', problem = ''] = expected;
    const attempt = (): unknown => jwt(options as JwtOptions); // sound: a host in JavaScript can give anything
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', exitCode: 78 }));
    expect(attempt).toThrow(`Option jwt.${field}: `);
    expect(attempt).toThrow(problem);
    expect(attempt).not.toThrow(/hidden-word|short secr|BEGIN PRIVATE/);
  });
});
