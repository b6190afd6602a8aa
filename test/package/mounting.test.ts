import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { principalOf } from '../../src/api/principal-of.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { pgliteDatabase } from '../support/each-database.ts';
import { startEngine, until, type Engine } from '../support/engine.ts';
import { HOSTS, type RunningHost } from './mounting-hosts.ts';

const order = defineTask(
  {
    name: 'api_integration_task',
    schema: z.object({ cart_id: z.number(), note: z.string().optional() }),
    identity: 'none',
  },
  (t) => ({ only: t.step('only', {}, () => ({ done: true })) }),
);

const BODY = JSON.stringify({
  name: 'api_integration_task',
  context: { cart_id: 123 },
  initiator: 'web_interface',
  reason: 'Process new order',
  source_system: 'ecommerce',
  tags: ['order_processing', 'api_integration'],
});
const JSON_TYPE = { 'content-type': 'application/json' };

describe('the interface, mounted in [pglite]', () => {
  const database = pgliteDatabase();
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(database);
    await engine.tasker.register(order);
  });
  afterAll(() => engine.finish());

  describe.each(Object.entries(HOSTS))('%s', (_, start) => {
    let host: RunningHost;
    const signals: AbortSignal[] = [];
    beforeAll(async () => {
      host = await start(engine.tasker, {
        authenticate: (request) => {
          signals.push(request.signal);
          return principalOf(request.headers.get('x-user') ?? 'anna', ['operator']);
        },
      });
    });
    afterAll(() => host.close());
    const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
      fetch(`${host.url}/tasks`, { method: 'POST', headers, body });
    const statusOf = async (answering: Promise<Response>): Promise<number> => {
      const answer = await answering;
      await answer.arrayBuffer(); // an answer that nobody reads keeps its connection
      return answer.status;
    };

    test('creates a task from the body of the request, and reads it', async () => {
      const created = await post(BODY);
      expect(created.status).toBe(201);
      const { task } = (await created.json()) as { task: { task_id: number } };

      const read = await fetch(`${host.url}/tasks/${task.task_id}`);
      expect(read.status).toBe(200);
      expect(await read.json()).toMatchObject({
        task: { task_id: task.task_id, initiator: 'web_interface', context: { cart_id: 123 } },
      });
    });

    test('answers in its own words what it does not know, and what it cannot read', async () => {
      const unknown = await fetch(`${host.url}/no/such/page`);
      expect(await unknown.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(unknown.headers.get('content-type')).toBe('application/problem+json');
      expect(await statusOf(post('{"name": 1}'))).toBe(422);
      expect(await statusOf(post(''))).toBe(400);
    });

    test.each([
      ['application/x-www-form-urlencoded', 'name=api_integration_task'],
      ['text/plain', BODY],
    ])('refuses a body of the kind %s', async (type, body) => {
      expect(await statusOf(post(body, { 'content-type': type }))).toBe(415);
    });

    test('takes a context of a megabyte', async () => {
      const large = JSON.stringify({
        ...(JSON.parse(BODY) as object),
        context: { cart_id: 1, note: 'x'.repeat(1_000_000) },
      });
      expect(await statusOf(post(large))).toBe(201);
    });

    test('changes with PUT and DELETE as well', async () => {
      const { taskId } = await engine.tasker.create('api_integration_task', {
        context: { cart_id: 1 },
      });
      const changed = await fetch(`${host.url}/tasks/${taskId}`, {
        method: 'PUT',
        headers: JSON_TYPE,
        body: JSON.stringify({ task: { reason: 'why not' } }),
      });
      expect(await changed.json()).toMatchObject({ task: { reason: 'why not' } });
      await engine.tasker.waitFor(taskId);
      const deleting = fetch(`${host.url}/tasks/${taskId}`, { method: 'DELETE' });
      expect(await statusOf(deleting)).toBe(409);
    });

    test('streams events, and ends the stream with its task', async () => {
      const { taskId } = await engine.tasker.create('api_integration_task', {
        context: { cart_id: 1 },
      });
      const stream = await fetch(`${host.url}/tasks/${taskId}/events?until=settled`);
      expect(stream.headers.get('content-type')).toContain('text/event-stream');
      expect(await stream.text()).toContain('event: end');
    });

    test('notices that a client has gone', async () => {
      const { taskId } = await engine.tasker.create('api_integration_task', {
        context: { cart_id: 1 },
      });
      signals.length = 0;
      const abort = new AbortController();
      const stream = await fetch(`${host.url}/tasks/${taskId}/events`, { signal: abort.signal });
      await stream.body?.getReader().read();
      expect(signals.map((signal) => signal.aborted)).toEqual([false]);
      abort.abort();
      await until('the request is aborted', () => signals[0]?.aborted === true);
    });

    test('and no error reached the error handler of the host', () => {
      expect(host.errors).toEqual([]);
    });
  });
});
