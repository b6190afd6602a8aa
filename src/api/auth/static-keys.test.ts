import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../config/environment.ts';
import { permissionsOf } from '../../contract/permissions.ts';
import { environmentAuthenticators } from './environment.ts';
import { parseStaticKeys, staticKeyAuthenticator } from './static-keys.ts';

const A = 'A1~secret-that-has-32-characters';
const B = 'B2+secret/that.has=33_characters=';

const asked = (headers: Readonly<Record<string, string>>, query = ''): Request =>
  new Request(`http://localhost/tasks${query}`, { headers });

describe('static keys', () => {
  const authenticate = staticKeyAuthenticator(
    parseStaticKeys(`ci=submitter+tasks:list@shop+billing:${A}, ops=tasks:*:${B}`),
  );

  test('are recognised as a bearer token and as X-Api-Key', () => {
    expect(authenticate(asked({ authorization: `Bearer ${A}` }))).toEqual({
      id: 'env:ci',
      permissions: permissionsOf(['submitter', 'tasks:list']),
      namespaces: ['shop', 'billing'],
    });
    expect(authenticate(asked({ 'x-api-key': B }))).toEqual({
      id: 'env:ops',
      permissions: permissionsOf(['tasks:*']),
      namespaces: null,
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string?]>([
    ['a wrong key', { 'x-api-key': `${A}x` }],
    ['the beginning of a key', { 'x-api-key': A.slice(0, 31) }],
    ['an empty key', { 'x-api-key': '' }],
    ['a key in the address', {}, `?api_key=${A}&access_token=${A}`],
    ['another scheme', { authorization: `Basic ${A}` }],
    ['a name', { 'x-api-key': 'ci' }],
    ['a key in a cookie', { cookie: `api_key=${A}` }],
  ])('are not recognised in %s', (_, headers, query) => {
    expect(authenticate(asked(headers, query))).toBe(null);
  });
});

describe('TASKER_API_KEYS is refused, without showing a secret, for', () => {
  test.each([
    ['nothing', '', 'is empty, which is neither on nor off'],
    ['blanks', '  ', 'is empty'],
    [
      'a key of 8 characters',
      'ci=viewer:hunter22',
      'entry 1 has a secret of 8 characters; 32 to 512 are allowed',
    ],
    [
      'a second key that is too short',
      `ci=viewer:${A},b=admin:hunter22`,
      'entry 2 has a secret of 8',
    ],
    ['a secret alone', 'hunter22hunter22hunter22hunter22hunter22', 'entry 1 is not in the form'],
    [
      'a secret alone with padding',
      'hunter22hunter22hunter22hunter22==',
      'entry 1 is not in the form',
    ],
    [
      'a key without a role',
      'ci=hunter22hunter22hunter22hunter22hunter22',
      'entry 1 is not in the form',
    ],
    [
      'a colon in the secret',
      `ci=admin:hunter22:${A}`,
      'entry 1 needs roles (viewer, submitter, operator, admin)',
    ],
    ['an unknown role', `ci=hunter22:${A}`, 'entry 1 needs roles'],
    ['a bare star', `ci=*:${A}`, 'entry 1 needs roles'],
    ['a name with blanks', `c i=viewer:${A}`, 'entry 1 needs a name'],
    ['a comma at the end', `ci=viewer:${A},`, 'entry 2 is not in the form'],
    [
      'a name that is there twice',
      `ci=viewer:${A},ci=admin:${B}`,
      'entry 2 has the name of an entry before it',
    ],
    [
      'a secret that is there twice',
      `ci=viewer:${A},b=admin:${A}`,
      'entry 2 has the secret of an entry before it',
    ],
    [
      'a secret with blanks',
      `ci=viewer:hunter22 hunter22 hunter22 hunter22`,
      'entry 1 has a secret with other characters',
    ],
    ['an empty namespace', `ci=viewer@:${A}`, 'entry 1 has an empty namespace'],
    [
      'two lists of namespaces',
      `ci=viewer@a@b:${A}`,
      'entry 1 has more than one list of namespaces',
    ],
  ])('%s', (_, value, problem) => {
    const { security } = readEnvironment({ TASKER_API_KEYS: value });
    const attempt = (): unknown => environmentAuthenticators(security);

    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', exitCode: 78 }));
    expect(attempt).toThrow(`Option TASKER_API_KEYS: ${problem}`);
    expect(attempt).not.toThrow(/hunter22|secret-that|secret\/that/);
  });
});

describe('the environment for tokens', () => {
  const complete = {
    TASKER_JWT_SECRET: 'a shared secret that is long enough for HS256',
    TASKER_JWT_ALGORITHMS: 'HS256, HS384',
    TASKER_JWT_ISSUER: 'https://id.example',
    TASKER_JWT_AUDIENCE: 'tasker',
  };
  const made = (variables: Readonly<Record<string, string>>): number =>
    environmentAuthenticators(readEnvironment(variables).security).length;

  test('makes authenticators for what is set, and none for nothing', () => {
    expect(made({})).toBe(0);
    expect(made({ ...complete, TASKER_JWT_ALGORITHMS: 'HS256' })).toBe(1);
    expect(
      made({ ...complete, TASKER_JWT_ALGORITHMS: 'HS256', TASKER_API_KEYS: `ci=viewer:${A}` }),
    ).toBe(2);
  });

  test.each([
    ['an empty secret', { ...complete, TASKER_JWT_SECRET: '' }, 'TASKER_JWT_SECRET: is empty'],
    [
      'a secret of 10 bytes',
      { ...complete, TASKER_JWT_SECRET: 'hunter2222' },
      'TASKER_JWT_SECRET: has 10 bytes',
    ],
    [
      'a secret too short for one of the algorithms',
      complete,
      'TASKER_JWT_SECRET: has 45 bytes; at least 48',
    ],
    ['no key', { TASKER_JWT_ISSUER: 'a' }, 'TASKER_JWT_SECRET: is missing'],
    [
      'two keys',
      { ...complete, TASKER_JWT_JWKS_URL: 'https://id.example/k' },
      'TASKER_JWT_JWKS_URL: is one of 2 keys',
    ],
    [
      'no algorithms',
      { ...complete, TASKER_JWT_ALGORITHMS: undefined },
      'TASKER_JWT_ALGORITHMS: is missing',
    ],
    ['no issuer', { ...complete, TASKER_JWT_ISSUER: undefined }, 'TASKER_JWT_ISSUER: is missing'],
    [
      'no audience',
      { ...complete, TASKER_JWT_AUDIENCE: undefined },
      'TASKER_JWT_AUDIENCE: is missing',
    ],
    [
      'an empty audience',
      { ...complete, TASKER_JWT_AUDIENCE: '' },
      'TASKER_JWT_AUDIENCE: is empty',
    ],
    [
      'an algorithm of another family',
      { ...complete, TASKER_JWT_ALGORITHMS: 'RS256' },
      'TASKER_JWT_ALGORITHMS: "RS256" cannot',
    ],
  ])('is refused with %s', (_, variables, problem) => {
    const attempt = (): unknown => environmentAuthenticators(readEnvironment(variables).security);

    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', exitCode: 78 }));
    expect(attempt).toThrow(`Option ${problem}`);
    expect(attempt).not.toThrow(/hunter22|shared secret/);
  });

  test('a public key may have its line breaks written out', () => {
    const { security } = readEnvironment({
      ...complete,
      TASKER_JWT_SECRET: undefined,
      TASKER_JWT_PUBLIC_KEY: String.raw`-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----`,
    });

    expect(security.jwt?.publicKey?.split('\n')).toHaveLength(3);
  });
});
