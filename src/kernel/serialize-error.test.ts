import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from './handler-errors.ts';
import { gateJson } from './json.ts';
import { MAX_MESSAGE_BYTES, MAX_STACK_BYTES, serializeError } from './serialize-error.ts';
import type { StoredError } from './serialize-error.ts';

test('keeps name, message, code, data and frames of an ordinary error', () => {
  const error = Object.assign(new TypeError('no such cart'), {
    code: 'E_CART',
    data: { cart: 42 },
  });
  const stored = serializeError(error);
  expect(stored).toMatchObject({
    name: 'TypeError',
    message: 'no such cart',
    code: 'E_CART',
    data: { cart: 42 },
  });
  expect(stored.stack).toMatch(/^ +at .*serialize-error\.test/);
  expect(stored).not.toHaveProperty('altered');
});

test('says whether the error asked for a retry', () => {
  expect(serializeError(new PermanentError('no')).retryable).toBe(false);
  expect(serializeError(new RetryableError('later')).retryable).toBe(true);
  expect(serializeError(new Error('x'))).not.toHaveProperty('retryable');
});

test('writes a numeric code as text', () => {
  expect(serializeError(Object.assign(new Error('x'), { code: 404 })).code).toBe('404');
});

test('keeps at most five causes and stops at a circle', () => {
  const chain = Array.from({ length: 9 }).reduce<Error>(
    (cause, _, i) => new Error(`level ${i}`, { cause }),
    new Error('root'),
  );
  let depth = 0;
  for (let at: StoredError | undefined = serializeError(chain).cause; at; at = at.cause) depth += 1;
  expect(depth).toBe(5);
  const circular = new Error('round');
  circular.cause = circular;
  expect(serializeError(circular)).not.toHaveProperty('cause');
});

test('keeps the first five errors of an aggregate', () => {
  const stored = serializeError(
    new AggregateError(
      Array.from({ length: 8 }, (_, i) => new Error(`e${i}`)),
      'many',
    ),
  );
  expect(stored.errors?.map((error) => error.message)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
});

test('cuts a message of 10 MB to 8 KiB, replaces NUL and says so', () => {
  const stored = serializeError(new Error(`\u0000${'ä'.repeat(5_000_000)}`));
  expect(stored.message.startsWith('\ufffdää')).toBe(true);
  expect(Buffer.byteLength(stored.message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  expect(Buffer.byteLength(stored.stack ?? '')).toBeLessThanOrEqual(MAX_STACK_BYTES);
  expect(stored.message.endsWith('… [cut]')).toBe(true);
  expect(stored.altered).toBe(true);
});

test('replaces lone surrogates and never splits a character when it cuts', () => {
  expect(serializeError(new Error('a\ud800b'))).toMatchObject({
    message: 'a\ufffdb',
    altered: true,
  });
  const cut = serializeError(new Error('😀'.repeat(4_000))).message;
  expect(cut.replaceAll('😀', '')).toBe('… [cut]');
});

test.each<[string, unknown, Partial<StoredError>]>([
  ['undefined', undefined, { name: 'NonError', message: 'The handler threw undefined' }],
  ['null', null, { name: 'NonError', message: 'The handler threw null' }],
  ['text', 'boom', { name: 'NonError', message: 'boom' }],
  ['a symbol', Symbol('s'), { name: 'NonError', message: 'The handler threw Symbol(s)' }],
  ['a bigint', 5n, { name: 'NonError', message: 'The handler threw 5' }],
  [
    'an object without a prototype',
    Object.create(null),
    { name: 'Error', message: 'The handler threw an object without a message' },
  ],
  [
    'a plain object',
    { status: 500, password: 'canary' },
    { name: 'Object', message: '{"status":500,"password":"[redacted]"}' },
  ],
  [
    'an object whose message cannot be read',
    {
      get message(): string {
        throw new Error('no');
      },
    },
    { name: 'Object' },
  ],
])('stores what was thrown: %s', (_, thrown, expected) => {
  expect(serializeError(thrown)).toMatchObject(expected);
});

test('stores even a revoked proxy', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(gateJson(serializeError(proxy)).ok).toBe(true);
  expect(
    gateJson(
      serializeError(Object.assign(new Error('x'), { errors: proxy, data: proxy, cause: proxy })),
    ).ok,
  ).toBe(true);
});

test('leaves out attached data that is not JSON or too large, and says so', () => {
  for (const data of [new Map(), { a: 1n }, 'x'.repeat(20_000)]) {
    const stored = serializeError(Object.assign(new Error('x'), { data }));
    expect(stored).not.toHaveProperty('data');
    expect(stored.altered).toBe(true);
  }
});

test('stores no secret from message, stack, data or cause', () => {
  const cause = new Error('connect postgres://app:canary-1@db/x');
  const error = Object.assign(new Error('Authorization: Bearer canary-2', { cause }), {
    data: { password: 'canary-3', note: 'Bearer canary-4' },
    code: 'token=canary-5',
  });
  error.stack = 'Error: x\n    at f (https://u:canary-6@host/app.js:1:1)';
  expect(JSON.stringify(serializeError(error))).not.toContain('canary');
});

test('a secret that reaches over the cut is not uncovered', () => {
  const text = `${'x '.repeat(MAX_MESSAGE_BYTES / 2 - 20)}password=${'canary'.repeat(3_000)}`;
  expect(serializeError(new Error(text)).message).not.toContain('canary');
});

test('the stored error always passes the JSON gate, whatever was thrown', () => {
  const seed = Date.now();
  console.info(`serialize-error property seed ${seed}`);
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
  });
  const { thrown } = fc.letrec<{ thrown: unknown; error: unknown }>((tie) => ({
    thrown: fc.oneof({ depthIdentifier: 'error', maxDepth: 4 }, anything, tie('error')),
    error: fc
      .record({
        stack: fc.oneof(text, anything), // first: V8 formats the old stack when it is replaced, and needs a readable name
        message: text,
        name: fc.oneof(text, anything),
        data: anything,
        code: anything,
      })
      .chain((fields) =>
        fc
          .record({ cause: tie('thrown'), errors: fc.array(tie('thrown'), { maxLength: 7 }) })
          .map((below) => {
            const error = new Error(fields.message);
            for (const [key, value] of Object.entries({ ...fields, ...below })) {
              Object.defineProperty(error, key, { value });
            }
            return error;
          }),
      ),
  }));
  fc.assert(
    fc.property(thrown, (value) => {
      const stored = serializeError(value);
      expect(gateJson(stored)).toMatchObject({ ok: true });
      expect(Buffer.byteLength(stored.message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    }),
    { seed, numRuns: 1_000 },
  );
});
