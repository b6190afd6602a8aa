import { afterEach, beforeEach, expect, test } from 'vitest';
import { startShop, type Shop } from '../../examples/ecommerce/shop/server.ts';
import { fetchCart } from '../../examples/ecommerce/steps/cart.ts';
import type { ValidProduct } from '../../examples/ecommerce/steps/data.ts';
import { publishEvent } from '../../examples/ecommerce/steps/event.ts';
import { discounted, fromCents, toCents } from '../../examples/ecommerce/steps/money.ts';
import { buildOrder, createOrder } from '../../examples/ecommerce/steps/order.ts';
import { fetchProducts } from '../../examples/ecommerce/steps/products.ts';
import { validateProducts } from '../../examples/ecommerce/steps/validate.ts';
import { handlerContext } from './context.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await startShop({ port: 0 });
});
afterEach(() => shop.stop());

const requestedAt = new Date('2026-05-04T03:02:01.000Z');

/** All five handlers, one after the other, without an engine. */
async function runOrder(cartId: number, taskId = 1) {
  const context = { cart_id: cartId, shop_port: shop.port };
  const cart = await fetchCart(handlerContext({ context }));
  const products = await fetchProducts(handlerContext({ context }));
  const validated = validateProducts(
    handlerContext({ deps: { fetch_cart: cart, fetch_products: products } }),
  );
  const created = createOrder(handlerContext({ taskId, deps: { validate_products: validated } }));
  const step = 'publish_event';
  const published = await publishEvent(
    handlerContext({ taskId, context, step, deps: { create_order: created } }),
  );
  return { validated, created, published };
}

function outcome(promise: Promise<unknown>): Promise<{ name: string; message: string }> {
  return promise.then(
    () => ({ name: 'no error', message: '' }),
    (error: unknown) =>
      error instanceof Error
        ? { name: error.name, message: error.message }
        : { name: 'thrown', message: String(error) },
  );
}

// Computed by hand: line = price × quantity; discounted line = line × (1 − discount), half up to a cent.
test.each([
  // 2×18.45 + 1×5.49 + 4×4.25; 36.90 + 5.49×0.95 (5.2155) + 17.00
  [1, 59.39, 59.12],
  // 7.80; 7.80×0.875
  [2, 7.8, 6.83],
  // 2×11.35 + 28.75 + 11.35 + 58.00; 20.43 + 28.75 + 8.5125 + 53.795
  [3, 120.8, 111.49],
  // 6×14.33 + 2×21.00; 85.98×0.6667 (57.322866) + 42.00
  [6, 127.98, 99.32],
  // 3×19.99 + 9.15; 59.97×0.9899 (59.364303) + 9.15×0.0001 (0.000915)
  [25, 69.12, 59.36],
  // everything is free
  [26, 69.8, 0],
])('cart %i has the total %d and costs %d', async (cartId, total, discountedTotal) => {
  const { created } = await runOrder(cartId);

  expect([created.order.total, created.order.discounted_total]).toEqual([total, discountedTotal]);
});

test('an order carries its lines, its customer and the status of the start', async () => {
  const { created } = await runOrder(2);

  expect(created).toEqual({
    order_id: expect.stringMatching(/^ord_[0-9a-f]{16}$/),
    order: {
      order_id: created.order_id,
      cart_id: 2,
      customer_id: 102,
      status: 'placed_pending_fulfillment',
      placed_at: requestedAt.toISOString(),
      lines: [
        {
          product_id: 4,
          name: 'Beeswax boot balm',
          quantity: 1,
          price: 7.8,
          discount_percentage: 12.5,
          total: 7.8,
          discounted_total: 6.83,
        },
      ],
      total: 7.8,
      discounted_total: 6.83,
    },
  });
});

test('a task has one order id in all its attempts, and no other task has it', async () => {
  const first = await runOrder(1, 7);
  const again = await runOrder(1, 7);
  const other = await runOrder(1, 8);

  expect(again.created).toEqual(first.created);
  expect(other.created.order_id).not.toBe(first.created.order_id);
});

test('publishing twice leaves one event at the sink and gives the same result', async () => {
  const first = await runOrder(1, 7);
  const again = await runOrder(1, 7);

  expect(again.published).toEqual(first.published);
  expect(shop.sink.list()).toMatchObject([
    {
      idempotencyKey: `7:publish_event:${first.created.order_id}`,
      event: {
        event_name: 'OrderCreated',
        payload: { order_id: first.created.order_id, cart_id: 1 },
      },
    },
  ]);
});

test.each([
  [15, 'Cart 15 cannot be ordered: Product 9 (Brass plumb bob): 5 wanted, 3 in stock'],
  [22, 'Cart 22 cannot be ordered: Product 30 (Hickory axe): 2 wanted, 1 in stock'],
  [27, 'Cart 27 cannot be ordered: Product 21 (Wind vane, hare): 9 wanted, 4 in stock'],
  [28, 'Cart 28 cannot be ordered: Product 13 (Waxed field jacket): 9 wanted, 8 in stock'],
  [30, 'No valid products found for cart: 30 is empty'],
  [999_999, 'Cart not found: 999999'],
])('cart %i fails for good with the reason', async (cartId, message) => {
  const error = await outcome(runOrder(cartId));

  expect(error).toEqual({ name: 'PermanentError', message: expect.stringContaining(message) });
});

test('every other cart becomes an order whose totals are the sums of its lines', async () => {
  const failing = [15, 22, 27, 28, 30];
  const carts = Array.from({ length: 30 }, (_, index) => index + 1).filter(
    (id) => !failing.includes(id),
  );

  const orders = await Promise.all(carts.map(async (id) => (await runOrder(id, id)).created.order));

  expect(orders).toHaveLength(25);
  for (const order of orders) {
    const sum = (key: 'total' | 'discounted_total') =>
      fromCents(order.lines.reduce((cents, line) => cents + toCents(line[key]), 0));
    expect([order.total, order.discounted_total], `cart ${order.cart_id}`).toEqual([
      sum('total'),
      sum('discounted_total'),
    ]);
    expect(order.discounted_total).toBeLessThanOrEqual(order.total);
  }
  expect(shop.sink.list()).toHaveLength(25);
});

test('a product that the catalogue lacks is named', () => {
  const deps = {
    fetch_cart: {
      cart: {
        id: 1,
        customer_id: 1,
        lines: [{ product_id: 77, quantity: 1, discount_percentage: 0 }],
      },
    },
    fetch_products: { products: [] },
  };

  expect(() => validateProducts(handlerContext({ deps }))).toThrow(
    'Product with ID 77 not found in products list',
  );
});

test('a missing result of a parent is named', () => {
  expect(() => validateProducts(handlerContext({ deps: {} }))).toThrow(
    'The result of fetch_cart is not as expected',
  );
});

test.each([
  ['503', 'RetryableError'],
  ['429', 'RetryableError'],
  ['wrong_json', 'RetryableError'],
  ['reset', 'RetryableError'],
  ['404', 'PermanentError'],
] as const)('the fault %s is a %s', async (fault, name) => {
  shop.faults.set({ path: '/carts', fault });

  const error = await outcome(
    fetchCart(handlerContext({ context: { cart_id: 1, shop_port: shop.port } })),
  );

  expect(error.name).toBe(name);
});

test('Retry-After of the shop reaches the engine', async () => {
  shop.faults.set({ path: '/products', fault: '429', retryAfter: 9 });

  const attempt = fetchProducts(handlerContext({ context: { cart_id: 1, shop_port: shop.port } }));

  await expect(attempt).rejects.toMatchObject({ name: 'RetryableError', retryAfter: '9s' });
});

test('a shop that is down is worth another attempt', async () => {
  await shop.stop();

  const error = await outcome(
    fetchCart(handlerContext({ context: { cart_id: 1, shop_port: shop.port } })),
  );

  expect(error).toEqual({
    name: 'RetryableError',
    message: expect.stringContaining('cannot be reached'),
  });
});

test('an aborted attempt ends at once with the reason of the abort, not as a fault of the shop', async () => {
  shop.faults.set({ path: '/carts', fault: 'slow', delayMs: 3_600_000 });
  const abort = new AbortController();
  const context = { cart_id: 1, shop_port: shop.port };
  const attempt = outcome(fetchCart(handlerContext({ context, signal: abort.signal })));

  await expect.poll(() => shop.requests()).toContain('GET /carts/1');
  abort.abort(new Error('out of time'));

  expect(await attempt).toEqual({ name: 'Error', message: 'out of time' });
});

test('a context that is no order is refused before the shop is asked', async () => {
  const error = await outcome(fetchCart(handlerContext({ context: { cart_id: 'three' } })));

  expect(error).toEqual({ name: 'PermanentError', message: expect.stringContaining('cart_id') });
  expect(shop.requests()).toEqual([]);
});

test.each([
  [1000, 0, 1000],
  [1000, 100, 0],
  [1, 50, 1], // half a cent goes up
  [1, 50.01, 0],
  [780, 12.5, 683], // 682.5
  [549, 5, 522], // 521.55
  [1999, 33.33, 1333], // 1332.7333
])('%i cents less %d %% are %i cents', (amount, percentage, expected) => {
  expect(discounted(amount, percentage)).toBe(expected);
});

test('cents and decimal numbers turn into each other without loss', () => {
  const wrong = Array.from({ length: 200_000 }, (_, cents) => cents).filter(
    (cents) => toCents(fromCents(cents)) !== cents,
  );

  expect(wrong).toEqual([]);
});

test('annotates the task with the order', () => {
  const line: ValidProduct = {
    product_id: 1,
    name: 'x',
    quantity: 3,
    price: 0.1,
    discount_percentage: 0,
  };
  const validated = { cart_id: 5, customer_id: 9, valid_products: [line] };
  const notes: unknown[] = [];

  const created = createOrder(
    handlerContext({
      deps: { validate_products: validated },
      annotate: (...note) => notes.push(note),
    }),
  );

  expect(notes).toEqual([['order', { order_id: created.order_id, discounted_total: 0.3 }]]);
  expect(buildOrder(validated, { id: 1, requestedAt }).total).toBe(0.3);
});
