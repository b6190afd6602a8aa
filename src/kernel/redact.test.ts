import { expect, test } from 'vitest';
import { isSecretKey, REDACTED, redactJson, redactText, redactValues } from './redact.ts';

const PEM = ['-----BEGIN RSA PRIVATE KEY-----', 'MIIEcanary', '-----END RSA PRIVATE KEY-----'].join(
  '\n',
);

test.each([
  [
    'a password in an address',
    'connect postgres://app:canary@db:5432/x failed',
    'connect postgres://[redacted]@db:5432/x failed',
  ],
  [
    'a token in an address',
    'clone https://canary@example.com/x',
    'clone https://[redacted]@example.com/x',
  ],
  ['an assigned password', 'DB_PASSWORD=canary host=db', 'DB_PASSWORD=[redacted] host=db'],
  ['a query parameter', 'GET /x?api_key=canary&page=2', 'GET /x?api_key=[redacted]&page=2'],
  ['a JSON member', '{"clientSecret":"canary, two","a":1}', '{"clientSecret":"[redacted]","a":1}'],
  [
    'an escaped JSON member',
    '{\\"password\\":\\"canary\\",\\"a\\":1}',
    '{\\"password\\":\\"[redacted]\\",\\"a\\":1}',
  ],
  [
    'an authorization header',
    'Authorization: Basic canary==\nHost: x',
    'Authorization: [redacted]\nHost: x',
  ],
  [
    'a cookie header',
    'Set-Cookie: sid=canary; path=/; canary\nHost: x',
    'Set-Cookie: [redacted]\nHost: x',
  ],
  ['a bearer token', 'sent Bearer canary.canary to it', 'sent Bearer [redacted] to it'],
  ['a key block', `read ${PEM} from disk`, 'read [redacted] from disk'],
  ['a key block that was cut', PEM.slice(0, 40), REDACTED],
  ['a JWT', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln for x', 'got [redacted] for x'],
  ['a JWT without its signature', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiO', 'got [redacted]'],
  ['an AWS key', 'AKIAIOSFODNN7EXAMPLE!', '[redacted]!'],
  ['an API key of Tasker', 'tried tk_k7c2mxqa_canary-canary_9 twice', 'tried [redacted] twice'],
])('removes %s', (_, text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test.each([
  'Cart 42 does not exist',
  'Unexpected token < in JSON at position 0',
  '    at fetchCart (file:///app/steps/token.ts:10:5)',
  'bypass_steps: fetch_cart',
  'see https://example.com/docs?page=2@x',
])('leaves ordinary text alone: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('redacts members by the name of their key and text by its form, and nothing else', () => {
  const value = {
    user: 'ada',
    apiKey: 'canary',
    nested: [{ 'X-Private-Thing': { a: 'canary' } }],
    url: 'http://u:canary@h/',
    n: 1,
    token: null,
  };
  expect(redactJson(value)).toEqual({
    user: 'ada',
    apiKey: REDACTED,
    nested: [{ 'X-Private-Thing': REDACTED }],
    url: 'http://[redacted]@h/',
    n: 1,
    token: null,
  });
});

test('redacting twice changes nothing more', () => {
  const once = redactText(
    '{"password":"canary"} Authorization: Basic canary\ntoken=canary Bearer canary http://u:p@h',
  );
  expect(redactText(once)).toBe(once);
});

test('knows the keys that hold secrets', () => {
  expect(
    ['password', 'client_secret', 'Set-Cookie', 'api-key', 'apikey', 'privateKey'].every(
      isSecretKey,
    ),
  ).toBe(true);
  expect(['user', 'bypass_steps', 'key', 'cart_id'].some(isSecretKey)).toBe(false);
});

test('removes given values wherever they stand, but no value so short that it would tear words apart', () => {
  expect(redactValues('sent hunter2 twice: hunter2', ['hunter2', 'e'])).toBe(
    'sent [redacted] twice: [redacted]',
  );
});

test('takes time in proportion to the text, also for text made to be slow', () => {
  const hostile = [
    'a://'.repeat(4_000),
    'token'.repeat(3_000),
    '-----BEGIN -----'.repeat(1_000),
    'eyJ'.repeat(5_000),
    'password='.repeat(1_800),
  ];
  const started = performance.now();
  for (const text of hostile) redactText(text);
  expect(performance.now() - started).toBeLessThan(1_000);
});
