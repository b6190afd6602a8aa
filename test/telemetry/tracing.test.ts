import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import type { Logger } from '../../src/kernel/logger.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import { clientOf } from '../http/lab.ts';
import { installSdk, removeSdkAfterEach } from './sdk.ts';

const by = { initiator: 'test', reason: 'tracing', sourceSystem: 'vitest' };
const snakeBy = { initiator: 'test', reason: 'tracing', source_system: 'vitest' };
const QUICK = { strategy: 'fixed', base: '1ms', jitter: 'none' } as const;

describeOnPostgres('a trace through two Taskers', () => {
  const database = postgresDatabase();
  removeSdkAfterEach();
  const servers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((close) => close()));
  });

  test('goes from the creating request over an attempt elsewhere into the system that it calls', async () => {
    const { spans } = installSdk();
    const remote = await listenForHeaders(servers);
    const task = defineTask({ name: 'order', namespace: 'shop', identity: 'none' }, (t) => {
      const cart = t.step('cart', {}, () => trace.getActiveSpan()?.spanContext().spanId ?? null);
      t.api('notify', {
        dependsOn: { cart },
        handlerConfig: { url: `${remote.url}/hooks?key=secret` },
      });
    });
    const creator = await startEngine(database, { worker: false });
    const elsewhere = await startEngine(database, {
      schema: creator.schema,
      outbound: { allowPrivate: true },
    });
    await elsewhere.tasker.register(task);

    const taskId = await trace.getTracer('host').startActiveSpan('POST /orders', async (span) => {
      const created = await creator.tasker.create(task, { ...by, context: {} });
      span.end();
      return created.taskId;
    });
    await creator.tasker.waitFor(taskId);

    const [request] = spans('POST /orders');
    const [creation] = spans('task order');
    const [cart] = spans('step cart');
    const [notify] = spans('step notify');
    const [call] = spans('GET');
    const traceId = request?.spanContext().traceId;
    expect([creation, cart, notify, call].map((span) => span?.spanContext().traceId)).toEqual(
      Array.from({ length: 4 }, () => traceId),
    );
    expect(creation).toMatchObject({ kind: SpanKind.PRODUCER });
    expect(creation?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(creation?.attributes).toMatchObject({ 'tasker.task.id': taskId });
    for (const attempt of [cart, notify]) {
      expect(attempt).toMatchObject({ kind: SpanKind.CONSUMER });
      expect(attempt?.parentSpanContext).toMatchObject({
        spanId: creation?.spanContext().spanId,
        isRemote: true,
      });
    }
    expect(cart?.attributes).toEqual({
      'tasker.task.id': taskId,
      'tasker.task.name': 'order',
      'tasker.task.namespace': 'shop',
      'tasker.task.version': (await creator.tasker.task(taskId)).version,
      'tasker.step.name': 'cart',
      'tasker.step.attempt': 1,
      'tasker.queue': 'default',
      'tasker.outcome': 'success',
    });
    expect((await creator.tasker.step(taskId, 'cart')).results).toBe(cart?.spanContext().spanId);
    expect(call).toMatchObject({ kind: SpanKind.CLIENT });
    expect(call?.parentSpanContext?.spanId).toBe(notify?.spanContext().spanId);
    expect(call?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'url.full': `${remote.url}/hooks`,
      'server.address': '127.0.0.1',
      'http.response.status_code': 200,
    });
    expect(remote.headers.map(({ traceparent }) => traceparent)).toEqual([
      `00-${traceId}-${call?.spanContext().spanId}-01`,
    ]);
    await elsewhere.finish();
    await creator.finish();
  });

  test('that was decided against stays unsampled everywhere, and goes on all the same', async () => {
    const { exporter } = installSdk({ sample: false });
    const remote = await listenForHeaders(servers);
    const task = defineTask({ name: 'quiet', identity: 'none' }, (t) => {
      t.api('notify', { handlerConfig: { url: remote.url } });
    });
    const engine = await startEngine(database, { outbound: { allowPrivate: true } });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    const [stored] = await engine.sql('select trace_context from {schema}.tasks');
    expect(stored?.['trace_context']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(remote.headers[0]?.traceparent).toMatch(/-00$/);
    expect(exporter.getFinishedSpans()).toEqual([]);
    await engine.finish();
  });

  test('keeps the traceparent that a step itself sets', async () => {
    installSdk();
    const remote = await listenForHeaders(servers);
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const task = defineTask({ name: 'own', identity: 'none' }, (t) => {
      t.api('notify', { handlerConfig: { url: remote.url, headers: { TraceParent: own } } });
    });
    const engine = await startEngine(database, { outbound: { allowPrivate: true } });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    expect(remote.headers.map(({ traceparent }) => traceparent)).toEqual([own]);
    await engine.finish();
  });
});

describeOnEachDatabase('spans', (database) => {
  removeSdkAfterEach();

  test('of retries are siblings, and a failed one says why without the secret', async () => {
    const { spans } = installSdk();
    const engine = await startEngine(database);
    const task = defineTask({ name: 'flaky', identity: 'none' }, (t) => {
      t.step('pay', { backoff: QUICK, retryLimit: 2 }, ({ step }) => {
        if (step.attempt === 1) throw new Error('refused: password=hunter22');
        return 'paid';
      });
    });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    const creation = spans('task flaky')[0]?.spanContext();
    const [first, second] = spans('step pay');
    expect([first, second].map((span) => span?.parentSpanContext?.spanId)).toEqual([
      creation?.spanId,
      creation?.spanId,
    ]);
    expect(first).toMatchObject({
      attributes: { 'tasker.step.attempt': 1, 'tasker.outcome': 'error' },
      status: { code: SpanStatusCode.ERROR, message: 'refused: password=[redacted]' },
    });
    expect(first?.events.map(({ name }) => name)).toEqual(['exception']);
    expect(JSON.stringify(first?.events)).not.toContain('hunter22');
    expect(second).toMatchObject({
      attributes: { 'tasker.step.attempt': 2, 'tasker.outcome': 'success' },
      status: { code: SpanStatusCode.UNSET },
    });
    await engine.finish();
  });

  test('of attempts end with their timeout and with their cancellation', async () => {
    const { spans } = installSdk();
    const engine = await startEngine(database);
    const running = gate();
    const task = defineTask({ name: 'ended', identity: 'none' }, (t) => {
      const late = t.step('late', { timeout: '20ms', retryLimit: 1 }, () => gate().opened);
      t.step('after', { dependsOn: { late } }, () => 1);
      t.step('long', {}, async ({ signal }) => {
        running.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;

    await engine.tasker.cancelTask(taskId, { actor: 'test' });
    await engine.finish();

    expect(spans('step long')[0]?.attributes).toMatchObject({ 'tasker.outcome': 'cancelled' });
    expect(['timeout', 'cancelled']).toContain(spans('step late')[0]?.attributes['tasker.outcome']);
    expect(spans('step after')).toEqual([]);
  });

  test('of a creation say when it found an existing task, and when it failed', async () => {
    const { spans } = installSdk();
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'once' }, (t) => void t.step('a', {}, () => 1));
    await engine.tasker.register(task);
    const request = { context: { n: 1 }, idempotencyKey: 'k' };

    const created = await engine.tasker.create('once', request);
    const found = await engine.tasker.create('once', request);
    await expect(
      engine.tasker.create('once', { ...request, context: { n: 2 } }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });

    expect(found).toEqual({ taskId: created.taskId, created: false });
    const [first, second, third] = spans('task once');
    expect(first?.attributes).not.toHaveProperty('tasker.task.existed');
    expect(second?.attributes).toMatchObject({
      'tasker.task.id': created.taskId,
      'tasker.task.existed': true,
    });
    expect(third?.status.code).toBe(SpanStatusCode.ERROR);
    const stored = await engine.sql('select trace_context from {schema}.tasks');
    expect(stored).toEqual([
      { trace_context: expect.stringContaining(first?.spanContext().spanId ?? '?') as unknown },
    ]);
    await engine.finish();
  });

  test('of a task that came over HTTP continue the trace of the caller, or of the host', async () => {
    const { spans } = installSdk();
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(
      defineTask({ name: 'remote', identity: 'none' }, (t) => void t.step('a', {}, () => 1)),
    );
    const ask = clientOf(engine.tasker);
    const [traceId, caller] = ['c'.repeat(32), 'd'.repeat(16)];
    const create = (traceparent: string) =>
      ask('POST', '/tasks', {
        body: { name: 'remote', ...snakeBy, context: {} },
        headers: { traceparent },
      });

    expect((await create(`00-${traceId}-${caller}-01`)).status).toBe(201);
    expect((await create('00-nonsense')).status).toBe(201);
    const host = await trace.getTracer('host').startActiveSpan('POST /tasks', async (span) => {
      await create(`00-${traceId}-${caller}-01`);
      span.end();
      return span.spanContext();
    });

    const [first, second, third] = spans('task remote');
    expect(first?.parentSpanContext).toMatchObject({ traceId, spanId: caller });
    expect(second?.parentSpanContext).toBeUndefined();
    expect(third?.parentSpanContext?.spanId).toBe(host.spanId);
    await engine.finish();
  });

  test('of many tasks of one call are told apart', async () => {
    const { spans } = installSdk();
    const engine = await startEngine(database);
    const task = defineTask(
      { name: 'many', identity: 'none' },
      (t) => void t.step('a', {}, () => 1),
    );
    await engine.tasker.register(task);

    const created = await engine.tasker.createMany(
      'many',
      Array.from({ length: 700 }, () => ({ context: {} })),
    );
    for (const { taskId } of created) await engine.tasker.waitFor(taskId);

    const creations = new Map(
      spans('task many').map((span) => [
        span.attributes['tasker.task.id'],
        span.spanContext().spanId,
      ]),
    );
    expect(creations.size).toBe(700);
    const attempts = spans('step a');
    expect(attempts).toHaveLength(700);
    expect(
      attempts.filter(
        (span) =>
          span.parentSpanContext?.spanId !== creations.get(span.attributes['tasker.task.id']),
      ),
    ).toEqual([]);
    await engine.finish();
  });

  test('are not there without an SDK: nothing is stored, and handlers see no span', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'untraced', identity: 'none' }, (t) => {
      t.step('a', {}, () => trace.getActiveSpan() === undefined);
    });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    expect((await engine.tasker.step(taskId, 'a')).results).toBe(true);
    expect(await engine.sql('select trace_context from {schema}.tasks')).toEqual([
      { trace_context: null },
    ]);
    await engine.finish();
  });

  test('name themselves in the logs of handlers and of the engine', async () => {
    const { spans } = installSdk();
    const lines: { readonly message: string; readonly fields: object }[] = [];
    const write = (fields: object, message: string) => void lines.push({ fields, message });
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    const engine = await startEngine(database, { logger });
    const task = defineTask({ name: 'talks', version: '1.2.0', identity: 'none' }, (t) => {
      t.step('say', {}, (ctx) => {
        ctx.logger.info({ amount: 3 }, 'said');
        throw new PermanentError('no');
      });
    });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    const span = spans('step say')[0]?.spanContext();
    const ids = {
      task_id: taskId,
      step: 'say',
      attempt: 1,
      definition: 'default/talks@1.2.0',
      trace_id: span?.traceId,
      span_id: span?.spanId,
    };
    expect(lines.find(({ message }) => message === 'said')?.fields).toEqual({ ...ids, amount: 3 });
    expect(lines.find(({ message }) => message.startsWith('an attempt failed'))?.fields).toEqual({
      ...ids,
      outcome: 'error',
      exhausted: true,
      retry_in_ms: null,
      error: 'no',
    });
    await engine.finish();
  });

  test('of a logger that makes children, the child is used', async () => {
    const bound: object[] = [];
    const nothing = (): void => undefined;
    const logger: Logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: nothing,
      child(fields) {
        bound.push(fields);
        return logger;
      },
    };
    const engine = await startEngine(database, { logger });
    const task = defineTask({ name: 'pino', version: '1.0.0', identity: 'none' }, (t) => {
      t.step('a', {}, (ctx) => ctx.logger === logger);
    });

    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);

    expect((await engine.tasker.step(taskId, 'a')).results).toBe(true);
    expect(bound).toEqual([
      { task_id: taskId, step: 'a', attempt: 1, definition: 'default/pino@1.0.0' },
    ]);
    await engine.finish();
  });
});

/** A server on loopback that keeps the headers of every request. */
async function listenForHeaders(servers: (() => Promise<void>)[]) {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const { port } = server.address() as AddressInfo; // sound: it listens on TCP
  return { headers, url: `http://127.0.0.1:${port}` };
}
