import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { serveTasker, type TaskerServer } from '../../src/api/adapters/node.ts';
import { principalOf } from '../../src/api/principal-of.ts';
import { createClient } from '../../src/client/client.ts';
import type { TaskerClient, TaskerEvent } from '../../src/client/types.ts';
import { ENDPOINTS } from '../../src/contract/index.ts';
import { contextFilters, contextParameterValue } from '../../src/contract/task-filter.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until, type Engine } from '../support/engine.ts';

const order = (held: Promise<unknown>) =>
  defineTask(
    { name: 'order', schema: z.object({ cart: z.object({ id: z.number() }) }), identity: 'none' },
    (t) => ({
      only: t.step(
        'only',
        {},
        async ({ context }) => (context.cart.id === 99 ? held : {}) as Promise<object>,
      ),
    }),
  );

describeOnEachDatabase('the client', (database) => {
  let engine: Engine;
  let server: TaskerServer;
  let client: TaskerClient;
  const held = gate<object>();
  beforeAll(async () => {
    engine = await startEngine(database);
    await engine.tasker.register(order(held.opened));
    server = await serveTasker(engine.tasker, {
      port: 0,
      authenticate: (request) => {
        const key = request.headers.get('authorization');
        return key === 'Bearer k' ? principalOf('anna', ['admin']) : null;
      },
    });
    client = createClient({ url: server.url, apiKey: 'k' });
  });
  afterAll(async () => {
    held.open({});
    await server.close();
    await engine.finish();
  });
  const create = async (cartId: number) =>
    (await client.createTask({ body: { name: 'order', context: { cart: { id: cartId } } } })).task;

  test('creates, finds, changes and acts, each by the method of its endpoint', async () => {
    const task = await create(1);
    await engine.tasker.waitFor(task.task_id);
    const { tasks } = await client.listTasks({
      query: {
        status: ['complete', 'error'],
        context: { 'cart.id': 1 },
        created_from: new Date(0),
        limit: 5,
      },
    });
    expect(tasks.map(({ task_id }) => task_id)).toEqual([task.task_id]);
    const { task: read } = await client.getTask({ params: { task_id: task.task_id } });
    expect(read.workflow_steps?.[0]?.status).toBe('complete');
    const { step } = await client.getStep({ params: { task_id: task.task_id, step_id: 'only' } });
    expect(step.name).toBe('only');
    const change = { params: { task_id: task.task_id }, body: { reason: 'new' } };
    const changed = await client.updateTask({
      ...change,
      headers: { 'if-match': `"${read.revision}"` },
    });
    expect(changed.task.reason).toBe('new');
    await expect(
      client.updateTask({ ...change, headers: { 'if-match': `"${read.revision}"` } }),
    ).rejects.toMatchObject({ code: 'REVISION_CONFLICT', status: 412 });
    expect((await client.live()).status).toBe('ok');
    expect(await client.metrics()).toContain('# TYPE');
  });

  test('creates many', async () => {
    const one = { name: 'order', context: { cart: { id: 2 } } };
    const { tasks } = await client.createTask({ body: { tasks: [one, one] } });
    expect(tasks.map(({ created }) => created)).toEqual([true, true]);
  });

  test('rejects with the error that the server tells', async () => {
    const missing = await client
      .getTask({ params: { task_id: 1_000_000 } })
      .catch((e: unknown) => e);
    expect(isTaskerError(missing, 'TASK_NOT_FOUND')).toBe(true);
    expect(missing).toMatchObject({
      message: 'Task 1000000 does not exist',
      status: 404,
      details: { taskId: 1_000_000 },
    });
    await expect(
      client.createTask({ body: { name: 'order', context: { cart: {} } } }),
    ).rejects.toMatchObject({
      code: 'INVALID_CONTEXT',
      details: { problems: [{ path: '$.cart.id' }] },
    });
    const nobody = createClient({ url: server.url });
    await expect(nobody.listTasks()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(client.getTask({ params: { task_id: -1 } })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('watches a task until it is settled', async () => {
    const task = await create(99);
    const events: TaskerEvent[] = [];
    const query = { until: 'settled' } as const;
    for await (const event of client.watchTask({ params: { task_id: task.task_id }, query })) {
      events.push(event);
      held.open({});
    }
    expect(events.at(0)).toMatchObject({ event: 'task', data: { task_id: task.task_id } });
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'complete' } });
  });

  test('watches a list, and stops when it is told to', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const watched = (async () => {
      for await (const { event } of client.watchTasks({
        query: { name: 'order' },
        signal: stop.signal,
      }))
        seen.push(event);
    })();
    await until('the watcher knows where it begins', () => seen.includes('reset'));
    await create(3);
    await until('the watcher has seen the task', () => seen.includes('task'));
    stop.abort();
    await watched;
  });

  test('does not watch what it may not, or what is not there', async () => {
    const iterate = async (watching: AsyncIterable<unknown>) => {
      for await (const event of watching) return event;
      return null;
    };
    await expect(
      iterate(client.watchTask({ params: { task_id: 1_000_000 } })),
    ).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    await expect(iterate(createClient({ url: server.url }).watchTasks())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('towards a server that misbehaves, the client', () => {
  const servers: Server[] = [];
  const answers = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tasker`;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => error,
    );

  test('tells what it cannot understand as REMOTE_ERROR', async () => {
    const bodies = ['<html>Bad Gateway</html>', '{"tasks": 3}', '{"code":"NEW_CODE"}'];
    const url = await answers((request, response) => {
      const n = Number(new URL(request.url ?? '', 'http://x').searchParams.get('offset'));
      response.statusCode = n === 1 ? 200 : 502;
      response.end(bodies[n]);
    });
    const client = createClient({ url });
    for (const offset of [0, 1, 2])
      expect(await failure(client.listTasks({ query: { offset } }))).toMatchObject({
        code: 'REMOTE_ERROR',
        details: { status: offset === 1 ? 200 : 502 },
      });
  });

  test('tells a code that it does not know with its name', async () => {
    const problem = {
      type: 'urn:x',
      title: 't',
      status: 409,
      detail: 'it is so',
      code: 'NEWER',
      hint: 'h',
      request_id: 'r',
    };
    const url = await answers((_, response) => {
      response.writeHead(409, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem));
    });
    expect(await failure(createClient({ url }).listTasks())).toMatchObject({
      code: 'REMOTE_ERROR',
      details: { code: 'NEWER', problem: 'it is so' },
    });
  });

  test('tells a server that is not there, that is silent, and that breaks off', async () => {
    const dead = await answers(() => undefined);
    servers.splice(0).forEach((server) => server.close());
    expect(await failure(createClient({ url: dead }).listTasks())).toMatchObject({
      code: 'REQUEST_FAILED',
    });
    const silent = await answers(() => undefined);
    expect(await failure(createClient({ url: silent, timeout: '50ms' }).listTasks())).toMatchObject(
      {
        code: 'REQUEST_TIMEOUT',
        details: { timeoutMs: 50 },
      },
    );
    const broken = await answers((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    expect(await failure(createClient({ url: broken }).listTasks())).toMatchObject({
      code: 'REQUEST_FAILED',
    });
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    expect(await failure(createClient({ url: silent }).listTasks({ signal: abort.signal }))).toBe(
      abort.signal.reason,
    );
  });

  test('tries a GET again when it is told to, and nothing else', async () => {
    let asked = 0;
    const url = await answers((_, response) => {
      asked += 1;
      response.writeHead(asked === 3 ? 200 : 503, { 'retry-after': '0' });
      response.end('{"tasks":[],"next_cursor":null}');
    });
    const client = createClient({ url, retries: 2 });
    expect(await client.listTasks()).toEqual({ tasks: [], next_cursor: null });
    expect(asked).toBe(3);
    asked = 0;
    expect(await failure(client.cancelTask({ params: { task_id: 1 } }))).toMatchObject({
      code: 'REMOTE_ERROR',
    });
    expect(asked).toBe(1);
    asked = 0;
    expect(await failure(createClient({ url }).listTasks())).toMatchObject({
      code: 'REMOTE_ERROR',
    });
    expect(asked).toBe(1);
  });

  test('comes back to a stream from where it stood, whether it was cut, silent or refused', async () => {
    const asked: (string | undefined)[] = [];
    const url = await answers((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      if (asked.length === 3) return void response.writeHead(503, { 'retry-after': '0' }).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        `retry: 1\n\nid: a-${asked.length}\nevent: reset\ndata: {}\n\n: ping\nid: a-${asked.length}0\n\n`,
      );
      if (asked.length === 1) setImmediate(() => response.destroy());
    });
    const seen: TaskerEvent[] = [];
    const client = createClient({ url, silence: '50ms' });
    for await (const event of client.watchTasks()) {
      seen.push(event);
      if (seen.length === 3) break;
    }
    expect(seen.map(({ id }) => id)).toEqual(['a-1', 'a-2', 'a-4']);
    expect(asked).toEqual([undefined, 'a-10', 'a-20', 'a-20']);
  });

  test('asks for headers anew for every request, and sends no credentials after a redirect', async () => {
    const keys: unknown[] = [];
    const url = await answers((request, response) => {
      keys.push(request.headers['x-token']);
      if (keys.length === 2) return void response.writeHead(307, { location: '/elsewhere' }).end();
      response.end('{"tasks":[],"next_cursor":null}');
    });
    let count = 0;
    const client = createClient({ url, headers: () => ({ 'x-token': `${(count += 1)}` }) });
    await client.listTasks();
    expect(await failure(client.listTasks())).toMatchObject({ code: 'REQUEST_FAILED' });
    expect(keys).toEqual(['1', '2']);
  });
});

test('every endpoint has its method', () => {
  const client = createClient({ url: 'http://localhost/tasker' });
  expect(Object.keys(client)).toEqual(Object.keys(ENDPOINTS));
});

test.each([
  [{ url: 'nonsense' }, 'url'],
  [{ url: 'ftp://a' }, 'url'],
  [{ url: 'http://u:p@a/' }, 'url'],
  [{ url: 'http://a/?b=c' }, 'url'],
  [{ url: 'http://a', apiKey: '' }, 'apiKey'],
  [{ url: 'http://a', retries: -1 }, 'retries'],
  [{ url: 'http://a', tiemout: 1 }, 'tiemout'],
])('options that make no sense are refused: %o', (options, option) => {
  expect(() => createClient(options)).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ option }) }),
  );
});

test.each([17, -0.5, true, null, 'text', '17', 'true', 'null', '"quoted"', '', 'a"b'])(
  'a value of the context is found as what it is: %o',
  (value) => {
    const text = contextParameterValue(value);
    expect(contextFilters({ 'context.a': text })).toEqual([{ path: 'a', value }]);
  },
);
