import { expect, test } from 'vitest';
import { RetryableError } from '../../src/kernel/handler-errors.ts';
import { TaskerError } from '../../src/kernel/errors.ts';
import { failureOf, runApi } from './api-lab.ts';

const url = 'https://api.example.com/carts';

/** An error of an HTTP client, by its parts. */
function clientError(parts: object): Error {
  return Object.assign(new Error('Request failed'), parts);
}

test('a handler runs instead of the request and sees the context', async () => {
  expect(await runApi({ url }, { handler: (ctx) => ctx.context })).toEqual({ cart_id: 42 });
});

test('a Response that the handler returns is judged and read like the own one', async () => {
  const config = { url, response: { map: { id: 'id' } } };
  expect(await runApi(config, { handler: () => Response.json({ id: 5 }) })).toEqual({ id: 5 });
  expect(
    await failureOf(runApi(config, { handler: () => Response.json({}, { status: 404 }) })),
  ).toMatchObject({ name: 'PermanentError' });
  const busy = (): Response => new Response('', { status: 503, headers: { 'retry-after': '9' } });
  expect(await failureOf(runApi(config, { handler: busy }))).toMatchObject({
    name: 'RetryableError',
    retryAfter: 9_000,
  });
});

test.each([
  ['its own status', { status: 429, headers: { 'Retry-After': '3' } }],
  [
    "its response's status",
    { response: { status: 429, headers: new Headers({ 'retry-after': '3' }) } },
  ],
  ["its response's statusCode", { response: { statusCode: 429, headers: { 'retry-after': '3' } } }],
])('an error is judged by %s', async (_, parts) => {
  const cause = clientError(parts);
  const error = await failureOf(runApi({ url }, { handler: () => Promise.reject(cause) }));
  expect(error).toMatchObject({ name: 'RetryableError', retryAfter: 3_000, data: { status: 429 } });
  expect(error.cause).toBe(cause);
});

test.each([
  [400, 'PermanentError'],
  [404, 'PermanentError'],
  [408, 'RetryableError'],
  [500, 'RetryableError'],
  [503, 'RetryableError'],
])('an error with status %i becomes a %s', async (status, name) => {
  const handler = (): never => {
    throw clientError({ status });
  };
  expect(await failureOf(runApi({ url }, { handler }))).toMatchObject({ name });
});

test.each<[string, unknown]>([
  ['an ordinary error', new Error('bug')],
  ['an error that already says what to do', clientError({ name: 'RetryableError', status: 404 })],
  ['a RetryableError', new RetryableError('later', { retryAfter: '1s' })],
  ['an error of the engine', new TaskerError('TASK_NOT_FOUND', { taskId: 1 })],
  ['a status that is none', clientError({ status: 'bad' })],
  ['undefined', undefined],
])('%s stays as it is', async (_, thrown) => {
  const handler = (): unknown => Promise.reject(thrown);
  expect(await failureOf(runApi({ url }, { handler }))).toBe(thrown);
});

test('a broken configuration is refused when the step is bound', async () => {
  await expect(runApi({ url: 'ftp://x' })).rejects.toMatchObject({
    code: 'INVALID_DEFINITION',
    message: expect.stringContaining('url:'),
  });
});
