import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { until } from '../support/engine.ts';
import { isListening, openPlayground, runTasker, shopPortOf } from './playground.ts';
import type { Run } from './playground.ts';

/** What it says last before it waits. */
const WAITS = 'What happens is shown here, until Ctrl-C';

describe('npm start, which stays [pglite]', { timeout: 120_000 }, () => {
  const playground = openPlayground();
  const place = playground.folder();
  let takenPort: number;
  let start: Run;
  let url: string;

  beforeAll(async () => {
    takenPort = await playground.takePort(0);
    start = playground.play(place, 'start.mjs', [], { TASKER_PORT: String(takenPort) });
    await start.untilItSays(WAITS);
    url = /interface +(\S+)/.exec(start.said())?.[1] ?? '';
  }, 120_000);
  afterAll(() => playground.close());

  test('serves the order that it made, on another port when its own is taken (row 27)', async () => {
    const client = createClient({ url });

    const { task } = await client.getTask({ params: { task_id: 1 } });

    expect(new URL(url).port).not.toBe(String(takenPort));
    expect(task).toMatchObject({ name: 'order', status: 'complete', initiator: 'npm start' });
    expect(task.workflow_steps).toHaveLength(5);
  });

  test('gives addresses of OpenAPI and GraphQL that answer', async () => {
    const openapi = await fetch(`${url}/openapi.json`);
    const graphql = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ task(taskId: 1) { status } }' }),
    });

    expect(start.said()).toContain(`${url}/openapi.json`);
    expect(start.said()).toContain(`${url}/graphql`);
    expect(await openapi.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
    expect(await graphql.json()).toEqual({ data: { task: { status: 'complete' } } });
  });

  test('runs an order that is sent as the curl that it prints, and shows it', async () => {
    const [, body = ''] = /-d '(\{.*\})'/.exec(start.said()) ?? [];

    const response = await fetch(`${url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { task } = (await response.json()) as { task: { task_id: number } }; // sound: what is no task makes the next line fail
    const id = task.task_id;

    expect(response.status).toBe(201);
    await start.untilItSays(`task ${id} create_order  complete`);
    await start.untilItSays(`task ${id}  complete`);
    const client = createClient({ url });
    const done = await client.getTask({ params: { task_id: id } });
    expect(done.task).toMatchObject({ status: 'complete', source_system: 'ecommerce' });
  });

  test('lets npm run order use its shop and its worker, with a fault of the shop', async () => {
    const order = playground.play(place, 'run.mjs', ['--cart', '7', '--fault', '429']);

    expect(await order.ended, order.said()).toEqual({ code: 0, signal: null });
    expect(order.said()).toContain(`the service at ${url} (pid ${start.child.pid}) runs it`);
    expect(order.said()).toMatch(/fetch_products .*status 429/);
    expect(order.said()).toContain('placed_pending_fulfillment');
    expect(order.said()).toContain(`127.0.0.1:${shopPortOf(start)}/events`);
  });

  test('lets npm run order fail with 1 and the reason', async () => {
    const order = playground.play(place, 'run.mjs', ['--cart', '15']);

    expect(await order.ended, order.said()).toEqual({ code: 1, signal: null });
    expect(order.said()).toContain('Product 9 (Brass plumb bob): 5 wanted, 3 in stock');
  });

  test('has its orders listed by npx tasker beside it', async () => {
    const said = await runTasker(place, 'tasks', 'list');

    expect(said).toContain(`through ${url}`);
    expect(said).toMatch(/^1\torder\tcomplete\t/m);
  });

  test('refuses a second npm start, which says where it runs', async () => {
    const second = playground.play(place, 'start.mjs');

    expect(await second.ended, second.said()).toEqual({ code: 78, signal: null });
    expect(second.said()).toContain(`already running at ${url} (pid ${start.child.pid})`);
  });

  test('goes on with an order of npm run order that was stopped; then SIGTERM drains it, and nothing is left', async () => {
    const order = playground.play(place, 'run.mjs', ['--cart', '1', '--fault', '503']);
    await order.untilItSays('retry in');
    order.child.kill('SIGINT');
    expect(await order.ended, order.said()).toEqual({ code: 130, signal: null });
    expect(order.said()).toContain(`stopped: the order goes on at ${url}`);
    const [, id = ''] = /task (\d+) /.exec(order.said()) ?? [];
    await start.untilItSays(`task ${id}  complete`);
    expect(existsSync(join(place, 'server.json'))).toBe(true);

    start.child.kill('SIGTERM');

    expect(await start.ended, start.said()).toEqual({ code: 0, signal: null });
    expect(start.said()).toContain('goes on at the next npm start');
    expect(existsSync(join(place, 'server.json'))).toBe(false);
    await until('nobody listens', async () => !(await isListening(shopPortOf(start))));
    expect(await isListening(Number(new URL(url).port))).toBe(false);
  });
});
