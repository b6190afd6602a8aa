import { expect, test } from 'vitest';
import { isTaskerError } from '../../kernel/errors.ts';
import { readJsonBody } from './read-body.ts';

const LIMITS = { bytes: 1_024, idleMs: 5_000 };
const JSON_TYPE = { 'content-type': 'application/json' };

function request(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Request {
  return new Request('http://localhost/', { method: 'POST', headers, body, duplex: 'half' });
}

/** The code of the refusal, or the value. */
async function outcome(given: Request, limits = LIMITS): Promise<unknown> {
  try {
    return await readJsonBody(given, limits);
  } catch (error) {
    if (isTaskerError(error)) return error.code;
    throw error;
  }
}

test.each<[string, Readonly<Record<string, string>>]>([
  ['JSON', JSON_TYPE],
  ['JSON in capitals', { 'content-type': 'Application/JSON' }],
  ['JSON in UTF-8', { 'content-type': 'application/json; charset=utf-8' }],
  ['JSON in quoted UTF-8', { 'content-type': 'application/json;charset="UTF-8"' }],
  ['a kind of JSON', { 'content-type': 'application/merge-patch+json' }],
  ['JSON as it is', { ...JSON_TYPE, 'content-encoding': 'identity' }],
])('%s is read', async (_, headers) => {
  expect(await outcome(request('{"a":"ä"}', headers))).toEqual({ a: 'ä' });
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['text', { 'content-type': 'text/plain' }],
  ['something that begins like JSON', { 'content-type': 'application/jsonp' }],
  ['something that ends like JSON', { 'content-type': 'text/x+json' }],
  ['JSON in UTF-7', { 'content-type': 'application/json; charset=utf-7' }],
  [
    'JSON in Latin 1 behind UTF-8',
    { 'content-type': 'application/json; charset=utf-8; charset=latin1' },
  ],
  ['compressed JSON', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
])('%s is refused by its head alone', async (_, headers) => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>(
    { pull: () => void (pulled += 1) },
    { highWaterMark: 0 },
  );

  expect(await outcome(request(body, headers))).toBe('UNSUPPORTED_MEDIA_TYPE');
  expect(pulled).toBe(0);
});

test('no body is none, whatever its type; one without a type is refused', async () => {
  expect(await outcome(request(null))).toBeUndefined();
  expect(await outcome(request(null, {}))).toBeUndefined();
  expect(await outcome(request(new Uint8Array(Buffer.from('{}')), {}))).toBe(
    'UNSUPPORTED_MEDIA_TYPE',
  );
});

test('as many bytes as the limit are read, one more is refused', async () => {
  const text = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2));

  expect(await outcome(request(text(1_024)))).toHaveLength(1_022);
  expect(await outcome(request(text(1_025)))).toBe('BODY_TOO_LARGE');
});

test('a length that is too large is refused before anything is read', async () => {
  const given = request('{}', { ...JSON_TYPE, 'content-length': '1025' });

  expect(await outcome(given)).toBe('BODY_TOO_LARGE');
});

test('a length that is a lie does not help: what arrives is counted', async () => {
  const given = request(JSON.stringify('x'.repeat(2_000)), { ...JSON_TYPE, 'content-length': '2' });

  expect(await outcome(given)).toBe('BODY_TOO_LARGE');
});

test('a body of more than the limit is left, not read to its end', async () => {
  let sent = 0;
  let isLeft = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(512).fill(32));
    },
    cancel: () => void (isLeft = true),
  });

  expect(await outcome(request(endless))).toBe('BODY_TOO_LARGE');
  expect(sent).toBeLessThan(8);
  expect(isLeft).toBe(true);
});

test('a body that falls silent is left after the time that is allowed', async () => {
  let isLeft = false;
  const silent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(Buffer.from('{"a"'))),
    cancel: () => void (isLeft = true),
  });

  expect(await outcome(request(silent), { bytes: 1_024, idleMs: 30 })).toBe('BODY_TIMEOUT');
  expect(isLeft).toBe(true);
});

test('bytes that are not UTF-8, and a byte order mark, are not JSON', async () => {
  expect(await outcome(request(new Uint8Array([0x22, 0xff, 0x22])))).toBe('MALFORMED_BODY');
  expect(await outcome(request(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])))).toBe(
    'MALFORMED_BODY',
  );
  expect(await outcome(request('\ufeff{}'))).toBe('MALFORMED_BODY');
});
