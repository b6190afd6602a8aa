import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decideRetry } from '../../src/retry/policy.ts';
import { always, failureOf, json, NOW, runApi, startLab, useLabs } from './api-lab.ts';
import type { Respond } from './api-lab.ts';

const lab = useLabs();

function delayAfter(error: unknown): unknown {
  return decideRetry({
    error,
    attempt: 1,
    retryable: true,
    retryLimit: 3,
    backoff: { strategy: 'fixed', baseMs: 1, maxMs: 1, jitter: 'none' },
    customBackoff: null,
    now: NOW,
    random: () => 0,
  });
}

test('gives status, the telling headers and the parsed body', async () => {
  const shop = await lab((_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', etag: '"1"', 'x-powered-by': 'x' })
      .end('{"id":42}'),
  );
  expect(await runApi({ url: `${shop.url}/carts` })).toEqual({
    status: 200,
    headers: { 'content-type': 'application/json', etag: '"1"' },
    body: { id: 42 },
  });
});

test.each([200, 201, 202, 204, 226, 299])('status %i is a success', async (status) => {
  const shop = await lab(always(status));
  expect(await runApi({ url: shop.url })).toMatchObject({ status, body: null });
});

test.each([408, 425, 429, 500, 502, 503, 504, 599])(
  'status %i asks for another attempt',
  async (status) => {
    const shop = await lab(always(status, 'busy'));
    const error = await failureOf(runApi({ url: `${shop.url}/x` }));
    expect(error).toMatchObject({
      name: 'RetryableError',
      code: 'UNEXPECTED_RESPONSE',
      data: { status, method: 'GET', url: `${shop.url}/x`, body: 'busy' },
    });
  },
);

test.each([300, 304, 400, 401, 403, 404, 409, 410, 422, 451, 499])(
  'status %i is permanent',
  async (status) => {
    const shop = await lab(always(status, status === 304 ? '' : 'no'));
    expect(await failureOf(runApi({ url: shop.url }))).toMatchObject({
      name: 'PermanentError',
      code: 'UNEXPECTED_RESPONSE',
      data: { status },
    });
  },
);

test('the step may expect other statuses', async () => {
  const shop = await lab(always(404));
  expect(await runApi({ url: shop.url, expect: ['2xx', 404] })).toMatchObject({ status: 404 });
  const other = await lab(always(200));
  expect(await failureOf(runApi({ url: other.url, expect: 201 }))).toMatchObject({
    data: { status: 200 },
  });
});

test.each([
  ['30', 30_000],
  ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['1000000000', 3_600_000],
  ['soon', 1],
])('waits as Retry-After says: %s (row 13, B19)', async (header, delayMs) => {
  const shop = await lab(always(429, '', { 'retry-after': header }));
  expect(delayAfter(await failureOf(runApi({ url: shop.url })))).toEqual({
    kind: 'retry',
    delayMs,
  });
});

test('caps Retry-After where the step says so', async () => {
  const shop = await lab(always(503, '', { 'retry-after': '500' }));
  expect(delayAfter(await failureOf(runApi({ url: shop.url, retry_after_cap: '10s' })))).toEqual({
    kind: 'retry',
    delayMs: 10_000,
  });
});

test('an answer that does not end in time is a retryable timeout, also when it drips', async () => {
  const shop = await lab((_, response) => {
    response.write('{');
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  });
  const error = await failureOf(runApi({ url: `${shop.url}/slow`, timeout: '150ms' }));
  expect(error).toMatchObject({
    name: 'RetryableError',
    code: 'REQUEST_TIMEOUT',
    message: expect.stringContaining('150 ms'),
  });
});

test('the signal of the attempt ends the request with its own reason', async () => {
  const stop = new AbortController();
  const reason = new Error('the lease was lost');
  const shop = await lab(() => stop.abort(reason));
  expect(await failureOf(runApi({ url: shop.url }, { ctx: { signal: stop.signal } }))).toBe(reason);
  expect(await failureOf(runApi({ url: shop.url }, { ctx: { signal: stop.signal } }))).toBe(reason);
  expect(shop.received).toHaveLength(1);
});

test.each<[string, Respond]>([
  ['before the answer', (request) => request.socket.destroy()],
  [
    'in the middle of the body',
    (request, response) =>
      void response
        .writeHead(200, { 'content-length': '100' })
        .write('half', () => request.socket.destroy()),
  ],
])('a connection that breaks %s asks for another attempt', async (_, respond) => {
  const shop = await lab(respond);
  expect(await failureOf(runApi({ url: shop.url }))).toMatchObject({
    name: 'RetryableError',
    code: 'REQUEST_FAILED',
    cause: { code: 'ECONNRESET' },
  });
});

test('a server that is not there, and a name that does not resolve, ask for another attempt', async () => {
  const gone = await startLab(json({}));
  await gone.stop();
  expect(await failureOf(runApi({ url: gone.url }))).toMatchObject({
    name: 'RetryableError',
    cause: { code: 'ECONNREFUSED' },
  });
  const resolve = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
  expect(
    await failureOf(
      runApi({ url: 'http://shop.invalid/' }, { services: { outbound: { resolve } } }),
    ),
  ).toMatchObject({
    name: 'RetryableError',
    code: 'REQUEST_FAILED',
  });
});

test('a body that is longer than allowed is permanent, and reading stops', async () => {
  const shop = await lab(always(200, 'x'.repeat(5_000)));
  const error = await failureOf(runApi({ url: shop.url, response: { max_bytes: 4_999 } }));
  expect(error).toMatchObject({
    name: 'PermanentError',
    code: 'UNEXPECTED_RESPONSE',
    message: expect.stringContaining('longer than 4999 bytes'),
  });
  expect(await runApi({ url: shop.url, response: { max_bytes: 5_000 } })).toMatchObject({
    status: 200,
  });
});

test('a small compressed body that unpacks to a huge one is refused like a huge one', async () => {
  const shop = await lab(
    always(200, gzipSync(Buffer.alloc(20_000_000)), { 'content-encoding': 'gzip' }),
  );
  expect(await failureOf(runApi({ url: shop.url }))).toMatchObject({
    name: 'PermanentError',
    message: expect.stringContaining('longer than'),
  });
});

test.each([
  ['gzip', gzipSync('{"a":1}')],
  ['br', brotliCompressSync('{"a":1}')],
])('reads %s', async (encoding, body) => {
  const shop = await lab(
    always(200, body, { 'content-encoding': encoding, 'content-type': 'application/problem+json' }),
  );
  expect(await runApi({ url: shop.url })).toMatchObject({ body: { a: 1 } });
});

test('a compressed body that is broken asks for another attempt', async () => {
  const shop = await lab(always(200, 'not gzip', { 'content-encoding': 'gzip' }));
  expect(await failureOf(runApi({ url: shop.url }))).toMatchObject({
    name: 'RetryableError',
    code: 'REQUEST_FAILED',
  });
});

test('content that is not the declared JSON asks for another attempt', async () => {
  const html = await lab(always(200, '<html>', { 'content-type': 'text/html' }));
  expect(await runApi({ url: html.url })).toMatchObject({ body: '<html>' });
  expect(await failureOf(runApi({ url: html.url, response: { body: 'json' } }))).toMatchObject({
    name: 'RetryableError',
    code: 'UNEXPECTED_RESPONSE',
    data: { body: '<html>' },
  });
  const half = await lab(always(200, '{"a":', { 'content-type': 'application/json' }));
  expect(await failureOf(runApi({ url: half.url }))).toMatchObject({
    name: 'RetryableError',
    code: 'UNEXPECTED_RESPONSE',
  });
  expect(await runApi({ url: half.url, response: { body: 'text' } })).toMatchObject({
    body: '{"a":',
  });
});

test('reads the character set that the answer names', async () => {
  const shop = await lab(
    always(200, Buffer.from([0xfc]), { 'content-type': 'text/plain; charset=iso-8859-1' }),
  );
  expect(await runApi({ url: shop.url })).toMatchObject({ body: 'ü' });
});

test('maps parts of the body to the result; a missing part is unexpected unless it is optional', async () => {
  const shop = await lab(json({ data: { items: [{ id: 5 }] }, note: null }));
  const map = { id: 'data.items.0.id', note: 'note', gone: 'data.gone?' };
  expect(await runApi({ url: shop.url, response: { map } })).toEqual({
    id: 5,
    note: null,
    gone: null,
  });
  expect(
    await failureOf(runApi({ url: shop.url, response: { map: { id: 'data.idd' } } })),
  ).toMatchObject({
    name: 'RetryableError',
    message: expect.stringContaining('has no data.idd'),
  });
});

test('a HEAD request has no body to read', async () => {
  const shop = await lab(always(200, '', { 'content-encoding': 'gzip' }));
  expect(await runApi({ url: shop.url, method: 'HEAD' })).toMatchObject({
    status: 200,
    body: null,
  });
});

test('a header value that cannot be sent is permanent', async () => {
  const shop = await lab(json({}));
  const error = await failureOf(
    runApi(
      { url: shop.url, headers: { 'X-A': '{{ context.a }}' } },
      { ctx: { context: { a: 'x\r\nEvil: 1' } } },
    ),
  );
  expect(error).toMatchObject({ name: 'PermanentError', code: 'REQUEST_FAILED' });
  expect(shop.received).toEqual([]);
});

test('an excerpt of a long body is at most 2 KiB', async () => {
  const shop = await lab(always(400, 'ä'.repeat(9_000)));
  const { data } = await failureOf(runApi({ url: shop.url }));
  const { body } = data as { readonly body: string }; // sound: the shape of a failure's data
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(2_048);
  expect(body).toMatch(/^ä+$/);
});
