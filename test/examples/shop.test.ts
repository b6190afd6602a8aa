import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CARTS } from '../../examples/ecommerce/shop/carts.ts';
import { CATALOGUE } from '../../examples/ecommerce/shop/catalogue.ts';
import { startShop, type Shop, type ShopOptions } from '../../examples/ecommerce/shop/server.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function open(options: ShopOptions = {}): Promise<Shop> {
  const shop = await startShop({ port: 0, ...options });
  cleanUps.push(() => shop.stop());
  return shop;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'shop-'));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function put(shop: Shop, fault: unknown): Promise<Response> {
  return fetch(`${shop.url}/faults`, { method: 'PUT', body: JSON.stringify(fault) });
}

function post(shop: Shop, key: string, event: unknown): Promise<Response> {
  const headers = { 'idempotency-key': key };
  return fetch(`${shop.url}/events`, { method: 'POST', headers, body: JSON.stringify(event) });
}

/** What each cart wants of each product, lines of the same product added up. */
function shortOfStock(): number[] {
  const stock = new Map(CATALOGUE.map((product) => [product.id, product.stock]));
  return CARTS.filter((cart) =>
    cart.lines.some((line) => {
      const same = cart.lines.filter((other) => other.productId === line.productId);
      return (
        same.reduce((sum, other) => sum + other.quantity, 0) > (stock.get(line.productId) ?? 0)
      );
    }),
  ).map((cart) => cart.id);
}

test('the shop has 30 products and 30 carts, each numbered from 1 to 30', () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);

  expect(CATALOGUE.map((product) => product.id)).toEqual(numbers);
  expect(CARTS.map((cart) => cart.id)).toEqual(numbers);
  expect(new Set(CATALOGUE.map((product) => product.name)).size).toBe(30);
});

test('every product of every cart exists, and every price is whole cents', () => {
  const ids = new Set(CATALOGUE.map((product) => product.id));

  expect(CARTS.flatMap((cart) => cart.lines).filter((line) => !ids.has(line.productId))).toEqual(
    [],
  );
  expect(
    CATALOGUE.filter((product) => !Number.isInteger(product.priceCents) || product.priceCents <= 0),
  ).toEqual([]);
});

test('exactly carts 15, 22, 27 and 28 ask for more than there is, cart 28 only by its sum (row 26)', () => {
  const oneLineTooMuch = CARTS.filter((cart) =>
    cart.lines.some((line) => line.quantity > (CATALOGUE[line.productId - 1]?.stock ?? 0)),
  ).map((cart) => cart.id);

  expect(shortOfStock()).toEqual([15, 22, 27, 28]);
  expect(oneLineTooMuch).toEqual([15, 22, 27]);
});

test('cart 3 names a product twice and is in stock; cart 30 is empty', () => {
  const third = CARTS[2]?.lines.map((line) => line.productId) ?? [];

  expect(new Set(third).size).toBeLessThan(third.length);
  expect(shortOfStock()).not.toContain(3);
  expect(CARTS.filter((cart) => cart.lines.length === 0).map((cart) => cart.id)).toEqual([30]);
});

test('discounts are between 0 and 100 per cent with at most two decimals', () => {
  const odd = CARTS.flatMap((cart) => cart.lines).filter((line) => {
    const hundredths = line.discountPercentage * 100;
    return (
      hundredths < 0 || hundredths > 10_000 || Math.abs(hundredths - Math.round(hundredths)) > 1e-9
    );
  });

  expect(odd).toEqual([]);
});

test('a cart and a product are sent in snake_case with decimal prices', async () => {
  const shop = await open();

  const cart: unknown = await (await fetch(`${shop.url}/carts/2`)).json();
  const product: unknown = await (await fetch(`${shop.url}/products/4`)).json();

  expect(cart).toEqual({
    cart: {
      id: 2,
      customer_id: 102,
      lines: [{ product_id: 4, quantity: 1, discount_percentage: 12.5 }],
    },
  });
  expect(product).toEqual({
    product: { id: 4, name: 'Beeswax boot balm', category: 'care', price: 7.8, stock: 300 },
  });
});

test('what does not exist is a 404 that says what', async () => {
  const shop = await open();

  const answers = await Promise.all(
    ['/carts/999999', '/products/31', '/nothing'].map(async (path) => {
      const response = await fetch(shop.url + path);
      return [response.status, await response.json()];
    }),
  );

  expect(answers).toEqual([
    [404, { error: 'Cart not found: 999999' }],
    [404, { error: 'Product not found: 31' }],
    [404, { error: 'Nothing is here: /nothing' }],
  ]);
});

test.each([
  ['429', 429, '1'],
  ['503', 503, null],
  ['404', 404, null],
])('fault %s is answered once, then the shop works again', async (fault, status, retryAfter) => {
  const shop = await open();
  await put(shop, { path: '/products', fault });

  const first = await fetch(`${shop.url}/products`);
  const second = await fetch(`${shop.url}/products`);

  expect([first.status, first.headers.get('retry-after')]).toEqual([status, retryAfter]);
  expect(second.status).toBe(200);
});

test('a fault lasts as many requests as asked for, and tells its own Retry-After', async () => {
  const shop = await open();
  await put(shop, { path: '/carts', fault: '503', times: 2, retry_after: 7 });

  const answers = [];
  for (const path of ['/carts/1', '/products', '/carts/2', '/carts/3']) {
    const response = await fetch(shop.url + path);
    answers.push([response.status, response.headers.get('retry-after')]);
  }

  expect(answers).toEqual([
    [503, '7'],
    [200, null],
    [503, '7'],
    [200, null],
  ]);
});

test('a fault with times null lasts until the faults are cleared', async () => {
  const shop = await open();
  await put(shop, { path: '/products', fault: '503', times: null });

  const during = [];
  for (let turn = 0; turn < 5; turn += 1) during.push((await fetch(`${shop.url}/products`)).status);
  await fetch(`${shop.url}/faults`, { method: 'DELETE' });

  expect(during).toEqual([503, 503, 503, 503, 503]);
  expect((await fetch(`${shop.url}/products`)).status).toBe(200);
});

test('wrong_json is a 200 whose body is cut short, and reset breaks the connection', async () => {
  const shop = await open();
  await put(shop, { path: '/products', fault: 'wrong_json' });
  await put(shop, { path: '/carts', fault: 'reset' });

  const cut = await fetch(`${shop.url}/products`);

  expect(cut.status).toBe(200);
  await expect(cut.json()).rejects.toThrow(SyntaxError);
  await expect(fetch(`${shop.url}/carts/1`)).rejects.toThrow('fetch failed');
});

test('a slow answer is late but whole, and stopping the shop does not wait for it', async () => {
  const shop = await open();
  await put(shop, { path: '/products/1', fault: 'slow', delay_ms: 60 });
  await put(shop, { path: '/products/2', fault: 'slow', delay_ms: 3_600_000 });

  const startedAt = performance.now();
  const late = await fetch(`${shop.url}/products/1`);
  const tookMs = performance.now() - startedAt;
  const never = fetch(`${shop.url}/products/2`).then(
    () => 'answered',
    () => 'broken off',
  );
  await expect.poll(() => shop.requests()).toContain('GET /products/2');
  await shop.stop();

  expect(late.status).toBe(200);
  expect(tookMs).toBeGreaterThanOrEqual(59); // timers may be a millisecond early
  expect(await never).toBe('broken off');
});

test.each([
  ['no object', null, 'JSON object'],
  ['no path', { fault: '503' }, 'path must'],
  ['an unknown kind', { path: '/', fault: 'flood' }, 'one of slow, 429'],
  ['a count of nothing', { path: '/', fault: '503', times: 0 }, 'times must'],
  ['a negative delay', { path: '/', fault: 'slow', delay_ms: -1 }, 'delay_ms must'],
  ['a Retry-After in words', { path: '/', fault: '429', retry_after: 'soon' }, 'retry_after must'],
])('a fault with %s is refused and changes nothing', async (_, fault, message) => {
  const shop = await open();

  const response = await put(shop, fault);

  expect(response.status).toBe(400);
  expect(await response.text()).toContain(message);
  expect(shop.faults.list()).toEqual([]);
});

test('the sink keeps one event per key and refuses the key with other content', async () => {
  const shop = await open({ now: () => new Date('2026-01-02T03:04:05.000Z') });

  const answers = [];
  for (const event of [{ a: 1 }, { a: 1 }, { a: 2 }]) {
    const response = await post(shop, 'k', event);
    answers.push([response.status, await response.json()]);
  }
  const list: unknown = await (await fetch(`${shop.url}/events`)).json();

  const receipt = { event_id: 1, received_at: '2026-01-02T03:04:05.000Z' };
  expect(answers).toEqual([
    [201, receipt],
    [200, receipt],
    [409, { error: 'Key k belongs to event 1, which has other content' }],
  ]);
  expect(list).toEqual({
    events: [{ id: 1, idempotency_key: 'k', received_at: receipt.received_at, event: { a: 1 } }],
  });
});

test('an event without a key or that is not JSON is refused', async () => {
  const shop = await open();

  const noKey = await fetch(`${shop.url}/events`, { method: 'POST', body: '{}' });
  const noJson = await fetch(`${shop.url}/events`, {
    method: 'POST',
    headers: { 'idempotency-key': 'k' },
    body: 'hello',
  });

  expect([noKey.status, noJson.status]).toEqual([400, 400]);
  expect(shop.sink.list()).toEqual([]);
});

test('events survive a restart of the shop, and a line cut short by a crash is dropped', async () => {
  const eventsFile = join(folder(), 'sink', 'events.ndjson');
  const before = await open({ eventsFile });
  await post(before, 'one', { n: 1 });
  await before.stop();
  appendFileSync(eventsFile, '{"id":2,"idempotencyKey":"two","rec');

  const after = await open({ eventsFile });
  const again = await post(after, 'one', { n: 1 });
  const next = await post(after, 'two', { n: 2 });

  expect([again.status, next.status]).toEqual([200, 201]);
  await after.stop();
  const last = await open({ eventsFile });
  expect(last.sink.list().map((event) => [event.id, event.idempotencyKey])).toEqual([
    [1, 'one'],
    [2, 'two'],
  ]);
});

test('a port that is taken is an error with its code', async () => {
  const shop = await open();

  await expect(startShop({ port: shop.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
