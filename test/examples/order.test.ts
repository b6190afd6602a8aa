import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { handlers } from '../../examples/ecommerce/seed-handlers.ts';
import { startShop, type Shop } from '../../examples/ecommerce/shop/server.ts';
import { expectShape, orderResult, type Order } from '../../examples/ecommerce/steps/data.ts';
import { createTasker } from '../../src/tasker.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { DatabaseOptions } from '../../src/config/options.ts';
import { describeOnPostgres } from '../support/each-database.ts';
import { freshDatabase } from '../support/postgres.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/ecommerce/', import.meta.url));

describeOnPostgres('the order', () => {
  orders(async () => {
    const database = await freshDatabase();
    return { database: database.url, drop: database.drop };
  });
});

describe('the order [pglite]', () => {
  orders(async () => ({
    database: { embedded: { directory: null } },
    drop: async () => undefined,
  }));
});

interface Place {
  readonly database: DatabaseOptions;
  drop(): Promise<void>;
}

function orders(open: () => Promise<Place>): void {
  let place: Place;
  let shop: Shop;
  let tasker: Tasker;
  const folder = mkdtempSync(join(tmpdir(), 'order-'));

  beforeAll(async () => {
    place = await open();
    shop = await startShop({ port: 0 });
    tasker = createTasker({ database: place.database, migrate: true, handlers });
    await tasker.register(join(EXAMPLE, 'order.yaml'));
    await tasker.register(join(EXAMPLE, 'order.task.ts'));
    await tasker.register(seedFor(shop, folder));
    await tasker.start();
  });
  afterEach(() => shop.faults.clear());
  afterAll(async () => {
    await tasker?.stop();
    await shop?.stop();
    await place?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(name: string, cartId: number) {
    const { taskId } = await tasker.create(name, {
      context: { cart_id: cartId, shop_port: shop.port },
      initiator: 'test',
      reason: expect.getState().currentTestName ?? 'test',
      sourceSystem: 'test',
    });
    const task = await tasker.waitFor(taskId, { timeout: '30s' });
    return { task, steps: await tasker.steps(taskId), attempts: await tasker.attempts(taskId) };
  }

  async function orderOf(name: string, cartId: number): Promise<Order> {
    const { steps } = await run(name, cartId);
    return expectShape(
      orderResult,
      steps.find((step) => step.name === 'create_order')?.results,
      name,
    ).order;
  }

  test('YAML, code and the seed’s file make the same order (rows 1, 3, 26)', async () => {
    const names = ['ecommerce/order', 'ecommerce/order_in_code', 'api_integration_yaml_task'];

    const made = await Promise.all(names.map((name) => orderOf(name, 3)));

    const [first, ...others] = made.map((order) => ({ ...order, order_id: '', placed_at: '' }));
    expect(first).toMatchObject({ cart_id: 3, total: 120.8, discounted_total: 111.49 });
    expect(others).toEqual([first, first]);
    expect(new Set(made.map((order) => order.order_id)).size).toBe(3);
  });

  test('every step is complete and one event is published', async () => {
    const { task, steps } = await run('ecommerce/order', 1);

    const published = shop.sink
      .list()
      .filter((event) => event.idempotencyKey.startsWith(`${task.taskId}:`));
    expect(task.status).toBe('complete');
    expect(steps.map((step) => [step.name, step.status, step.attempts])).toEqual([
      ['fetch_cart', 'complete', 1],
      ['fetch_products', 'complete', 1],
      ['validate_products', 'complete', 1],
      ['create_order', 'complete', 1],
      ['publish_event', 'complete', 1],
    ]);
    expect(published).toHaveLength(1);
  });

  test('a 503 of the shop is tried again after two seconds of backoff (rows 11, 13, 26)', async () => {
    shop.faults.set({ path: '/products', fault: '503' });

    const { task, attempts } = await run('ecommerce/order', 4);

    const [failed, good] = attempts.filter((attempt) => attempt.step === 'fetch_products');
    expect(task.status).toBe('complete');
    expect([failed?.outcome, good?.outcome]).toEqual(['error', 'success']);
    expect(
      (good?.startedAt.getTime() ?? 0) - (failed?.finishedAt?.getTime() ?? 0),
    ).toBeGreaterThanOrEqual(2_000);
  });

  test('a shop that keeps answering 404 fails the step at its first attempt', async () => {
    shop.faults.set({ path: '/products', fault: '404', times: null });

    const { task, steps } = await run('ecommerce/order', 5);

    expect(task.status).toBe('error');
    expect(steps.find((step) => step.name === 'fetch_products')).toMatchObject({
      status: 'error',
      attempts: 1,
    });
  });

  test.each(['ecommerce/order', 'ecommerce/order_in_code', 'api_integration_yaml_task'])(
    'too little stock ends %s in error, and nothing is published',
    async (name) => {
      const before = shop.sink.list().length;

      const { task, steps } = await run(name, 28);

      expect(task.status).toBe('error');
      expect(steps.map((step) => step.status)).toEqual([
        'complete',
        'complete',
        'error',
        'pending',
        'pending',
      ]);
      expect(steps[2]).toMatchObject({
        attempts: 1,
        error: { name: 'PermanentError', message: expect.stringContaining('9 wanted, 8 in stock') },
      });
      expect(shop.sink.list()).toHaveLength(before);
    },
  );

  test('a context without a cart is refused, and nothing is stored', async () => {
    const before = await tasker.tasks({ name: 'order' });

    const attempt = tasker.create('ecommerce/order', { context: { shop_port: shop.port } });

    await expect(attempt).rejects.toMatchObject({ code: 'INVALID_CONTEXT' });
    expect(await tasker.tasks({ name: 'order' })).toEqual(before);
  });

  test('the laws of the data hold after all of it', async () => {
    expect(await tasker.verify()).toEqual([]);
  });
}

/** seed.yaml with the port of this shop, in a folder of its own. */
function seedFor(shop: Shop, folder: string): string {
  const file = join(folder, 'seed.yaml');
  writeFileSync(
    file,
    readFileSync(join(EXAMPLE, 'seed.yaml'), 'utf8').replaceAll(':4848/', `:${shop.port}/`),
  );
  return file;
}
