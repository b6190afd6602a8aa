import { expect, test } from 'vitest';
import { serializeError } from '../../src/kernel/serialize-error.ts';
import { failureOf, json, runApi, useLabs } from './api-lab.ts';

const lab = useLabs();

test('sends the default headers, and no idempotency key with a GET (row 13, B18)', async () => {
  const shop = await lab(json({}));
  await runApi({ url: `${shop.url}/carts` });
  expect(shop.received[0]).toMatchObject({ method: 'GET', path: '/carts', body: '' });
  expect(shop.received[0]?.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/json',
  });
  expect(shop.received[0]?.headers).not.toHaveProperty('idempotency-key');
});

test('fills url, parameters, headers and body from the task, its parents, its configuration and secrets (row 13)', async () => {
  const shop = await lab(json({}, 201));
  await runApi(
    {
      url: `http://127.0.0.1:{{ context.port }}/carts/{{ context.name }}`,
      method: 'POST',
      params: { page: 2, tag: ['a', '{{ context.tag }}'], none: null, flag: true },
      headers: { 'X-Task': '{{ task.id }}/{{ step.name }}', Accept: null },
      body: {
        cart: '{{ deps.fetch.body }}',
        note: 'by {{ config.shop }} at {{ task.requested_at }}',
        n: '{{ context.port }}',
      },
      shop: 'north',
    },
    {
      ctx: {
        context: { port: shop.port, name: 'a/b ü?#%', tag: 'x&y' },
        deps: { fetch: { body: { id: 1 } } },
      },
    },
  );
  const [request] = shop.received;
  expect(request).toMatchObject({
    method: 'POST',
    path: '/carts/a%2Fb%20%C3%BC%3F%23%25?page=2&tag=a&tag=x%26y&flag=true',
  });
  expect(request?.headers).toMatchObject({ 'x-task': '7/fetch', 'idempotency-key': '7:fetch' });
  expect(request?.headers).not.toHaveProperty('accept');
  expect(JSON.parse(request?.body ?? '')).toEqual({
    cart: { id: 1 },
    note: 'by north at 2026-03-01T12:00:00.000Z',
    n: shop.port,
  });
});

test('a base address may come from the configuration or a secret as it stands', async () => {
  const shop = await lab(json({}));
  await runApi({ url: '{{ config.base }}/carts/{{ context.cart_id }}', base: shop.url });
  await runApi({ url: '{{ secrets.BASE }}/carts' }, { services: { secret: () => shop.url } });
  expect(shop.received.map(({ path }) => path)).toEqual(['/carts/42', '/carts']);
});

test.each(['..', '.'])('a value of %j cannot climb to another path', async (value) => {
  const shop = await lab(json({}));
  const error = await failureOf(
    runApi(
      { url: `${shop.url}/carts/{{ context.id }}/items` },
      { ctx: { context: { id: value } } },
    ),
  );
  expect(error).toMatchObject({ name: 'PermanentError', code: 'REQUEST_FAILED' });
  expect(shop.received).toEqual([]);
});

test('keeps the idempotency key that the step gives itself', async () => {
  const shop = await lab(json({}));
  await runApi({ url: shop.url, method: 'PUT', headers: { 'Idempotency-Key': 'mine' } });
  expect(shop.received[0]?.headers['idempotency-key']).toBe('mine');
});

test('sends a form or plain text when the Content-Type asks for it', async () => {
  const shop = await lab(json({}));
  const post = (type: string, body: string | Record<string, string | string[]>): Promise<unknown> =>
    runApi({ url: shop.url, method: 'POST', headers: { 'Content-Type': type }, body });
  await post('application/x-www-form-urlencoded', { a: '1 2', b: ['x', '{{ context.cart_id }}'] });
  await post('text/plain', 'cart {{ context.cart_id }}');
  await post('application/json', 'cart');
  expect(shop.received.map(({ body }) => body)).toEqual(['a=1+2&b=x&b=42', 'cart 42', '"cart"']);
});

test.each([
  ['bearer', { bearer: '{{ secrets.SHOP_TOKEN }}' }, 'authorization', 'Bearer canary-token-1'],
  [
    'basic',
    { basic: { username: 'shop', password: '{{ secrets.SHOP_TOKEN }}' } },
    'authorization',
    `Basic ${Buffer.from('shop:canary-token-1').toString('base64')}`,
  ],
  [
    'header',
    { header: { name: 'X-Api-Key', value: 'k={{ secrets.SHOP_TOKEN }}' } },
    'x-api-key',
    'k=canary-token-1',
  ],
])('proves itself by %s', async (_, auth, name, value) => {
  const shop = await lab(json({}));
  await runApi({ url: shop.url, auth });
  expect(shop.received[0]?.headers[name]).toBe(value);
});

test('a secret that is not set is a permanent error that names it, and nothing is sent', async () => {
  const shop = await lab(json({}));
  const error = await failureOf(runApi({ url: shop.url, auth: { bearer: '{{ secrets.OTHER }}' } }));
  expect(error).toMatchObject({
    name: 'PermanentError',
    code: 'UNRESOLVED_TEMPLATE',
    message: expect.stringContaining('secrets.OTHER'),
  });
  expect(shop.received).toEqual([]);
});

test('no error carries a secret, whatever the server sends back', async () => {
  const shop = await lab((request, response) =>
    response.writeHead(400).end(`got ${JSON.stringify(request.headers)} and ${request.url}`),
  );
  const error = await failureOf(
    runApi({
      url: `${shop.url}/{{ secrets.SHOP_TOKEN }}`,
      params: { key: '{{ secrets.SHOP_TOKEN }}' },
      headers: { 'X-Custom': '{{ secrets.SHOP_TOKEN }}' },
      auth: { basic: { username: 'u', password: '{{ secrets.SHOP_TOKEN }}' } },
    }),
  );
  const stored = JSON.stringify(serializeError(error));
  expect(stored).toContain('x-custom');
  expect(stored).not.toContain('canary-token');
  expect(stored).not.toContain(Buffer.from('u:canary-token-1').toString('base64'));
});

test.each([
  ['a refused address', 'http://10.0.0.1/hooks/{{ secrets.SHOP_TOKEN }}', {}, 'BLOCKED_ADDRESS'],
  [
    'a server that is not there',
    'http://127.0.0.1:1/{{ secrets.SHOP_TOKEN }}',
    {},
    'REQUEST_FAILED',
  ],
  [
    'a parameter that has no text form',
    'http://127.0.0.1/{{ secrets.SHOP_TOKEN }}',
    { a: '{{ context }}' },
    'REQUEST_FAILED',
  ],
])('a secret in the path is not shown for %s', async (...[, url, params, code]) => {
  const error = await failureOf(
    runApi({ url, params }, { services: { secret: () => 'canary/7 8' } }),
  );
  expect(error).toMatchObject({ code });
  expect(JSON.stringify(serializeError(error))).not.toContain('canary');
});
