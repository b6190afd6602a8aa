import { readFileSync } from 'node:fs';
import { Counter, Registry, type OpenMetricsContentType } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { migrate } from '../../src/db/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { createTasker } from '../../src/tasker.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { METRICS } from '../../src/telemetry/metric-names.ts';
import { tcpProxy } from '../../chaos/proxy.mjs';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { parseMetrics, valueOf } from './scrape.ts';

const by = { initiator: 'test', reason: 'metrics', sourceSystem: 'vitest' };
const operator = { actor: 'test' };
const FIXED = { strategy: 'fixed', jitter: 'none' } as const;

const scrape = async (tasker: Tasker) => parseMetrics((await tasker.metrics()).text);

describeOnEachDatabase('metrics', (database) => {
  test('are right after known work', async () => {
    const engine = await startEngine(database);
    const { tasker } = engine;
    const order = defineTask({ name: 'order', namespace: 'shop', identity: 'none' }, (t) => {
      const a = t.step('a', {}, () => 1);
      t.step('b', { dependsOn: { a } }, () => 2);
    });
    const flaky = defineTask({ name: 'flaky', identity: 'none' }, (t) => {
      t.step('f', { backoff: { ...FIXED, base: '1ms' }, retryLimit: 2 }, ({ step }) => {
        if (step.attempt === 1) throw new Error('once');
      });
    });
    const broken = defineTask({ name: 'broken', identity: 'none' }, (t) => {
      t.step('x', {}, () => {
        throw new PermanentError('never');
      });
    });
    const slow = defineTask({ name: 'slow', identity: 'none' }, (t) => {
      t.step('s', { timeout: '10ms', retryLimit: 1 }, () => gate().opened);
    });
    const parked = defineTask({ name: 'parked', identity: 'none' }, (t) => {
      t.step('p', { queue: 'nobody' }, () => 1);
    });
    const ids = [];
    for (const task of [order, order, order, flaky, broken, slow])
      ids.push((await tasker.create(task, { ...by, context: {} })).taskId);
    for (const taskId of ids) await tasker.waitFor(taskId);
    const waiting = await Promise.all(
      [1, 2, 3].map(() => tasker.create(parked, { ...by, context: {} })),
    );
    await tasker.cancelTask(waiting[0]?.taskId ?? 0, operator);
    await tasker.resolveTask(ids[4] ?? 0, operator);

    const samples = await scrape(tasker);

    const counter = (name: string, task: string) =>
      valueOf(samples, `tasker_tasks_${name}_total`, { name: task });
    expect(samples.filter(({ name }) => name === 'tasker_tasks_created_total')).toHaveLength(5);
    expect(
      valueOf(samples, 'tasker_tasks_created_total', { namespace: 'shop', name: 'order' }),
    ).toBe(3);
    expect(counter('completed', 'order')).toBe(3);
    expect(counter('completed', 'flaky')).toBe(1);
    expect(counter('failed', 'broken')).toBe(1);
    expect(counter('failed', 'slow')).toBe(1);
    expect(counter('resolved', 'broken')).toBe(1);
    expect(counter('created', 'parked')).toBe(3);
    expect(counter('cancelled', 'parked')).toBe(1);
    const attempts = (task: string, outcome: string) =>
      valueOf(samples, 'tasker_attempts_total', { name: task, outcome });
    expect(attempts('order', 'success')).toBe(6);
    expect([attempts('flaky', 'error'), attempts('flaky', 'success')]).toEqual([1, 1]);
    expect([attempts('broken', 'error'), attempts('slow', 'timeout')]).toEqual([1, 1]);
    const ran = (outcome: string) =>
      valueOf(samples, 'tasker_attempt_duration_seconds_count', { queue: 'default', outcome });
    expect([ran('success'), ran('error'), ran('timeout')]).toEqual([7, 2, 1]);
    const timeout = { queue: 'default', outcome: 'timeout' };
    expect(valueOf(samples, 'tasker_attempt_duration_seconds_sum', timeout)).toBeGreaterThan(0.009);
    // b of every order is taken on from a; the six first steps and one retry came from the queue
    expect(valueOf(samples, 'tasker_queue_wait_seconds_count', { queue: 'default' })).toBe(7);
    expect(valueOf(samples, 'tasker_database_up')).toBe(1);
    expect(valueOf(samples, 'tasker_ready_steps', { queue: 'nobody' })).toBe(2);
    expect(
      valueOf(samples, 'tasker_oldest_ready_age_seconds', { queue: 'nobody' }),
    ).toBeGreaterThan(0);
    expect(valueOf(samples, 'tasker_open_tasks')).toBe(2);
    expect(valueOf(samples, 'tasker_failed_tasks')).toBe(1);
    expect(valueOf(samples, 'tasker_waiting_steps')).toBe(0);
    expect(valueOf(samples, 'tasker_workers_alive')).toBe(1);
    expect(valueOf(samples, 'tasker_worker_slots')).toBe(20);
    expect(valueOf(samples, 'tasker_worker_slots_busy')).toBe(0);
    await engine.finish();
  });

  test('show what runs, and steps that wait for their retry', async () => {
    const engine = await startEngine(database, { worker: { concurrency: 3 } });
    const release = gate();
    const running = gate();
    const task = defineTask({ name: 'holds', identity: 'none' }, (t) => {
      t.step('again', { backoff: { ...FIXED, base: '1h' } }, () => {
        throw new Error('later');
      });
      t.step('held', {}, () => {
        running.open();
        return release.opened;
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'again');
      return step.status === 'error';
    });

    const samples = await scrape(engine.tasker);

    expect(valueOf(samples, 'tasker_worker_slots')).toBe(3);
    expect(valueOf(samples, 'tasker_worker_slots_busy')).toBe(1);
    expect(valueOf(samples, 'tasker_waiting_steps')).toBe(1);
    expect(samples.filter(({ name }) => name === 'tasker_ready_steps')).toEqual([]);
    release.open();
    await engine.tasker.cancelTask(taskId, operator);
    await engine.finish();
  });

  test('ask the database once for all scrapes of five seconds', async () => {
    let asked = 0;
    const engine = await startEngine(database, { worker: false }, (db) => ({
      ...db,
      query(statement) {
        if (statement.text.includes('as workers_alive')) asked += 1;
        return db.query(statement);
      },
    }));

    await Promise.all([scrape(engine.tasker), scrape(engine.tasker), scrape(engine.tasker)]);
    const samples = await scrape(engine.tasker);

    expect(asked).toBe(1);
    expect(valueOf(samples, 'tasker_workers_alive')).toBe(0);
    expect(valueOf(samples, 'tasker_worker_slots')).toBeUndefined();
    await engine.finish();
  });

  test('count late results and lost leases, and the attempts that were lost', async () => {
    const engine = await startEngine(database, { worker: { lease: '30s', heartbeat: '50ms' } });
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'lost', identity: 'none' }, (t) => {
      t.step('s', {}, async ({ step }) => {
        if (step.attempt > 1) return;
        running.open();
        await release.opened;
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;

    await engine.sql('update {schema}.workers set lost_at = {schema}.clock()');
    await engine.tasker.waitFor(taskId);
    release.open();

    const samples = await scrape(engine.tasker);
    expect(valueOf(samples, 'tasker_lease_losses_total')).toBe(1);
    expect(valueOf(samples, 'tasker_attempts_total', { name: 'lost', outcome: 'lost' })).toBe(1);
    expect(valueOf(samples, 'tasker_attempts_total', { name: 'lost', outcome: 'success' })).toBe(1);
    await engine.finish();
  });
});

describeOnPostgres('metrics and a database that cannot be reached', () => {
  const database = postgresDatabase();

  test('a scrape answers within 2 s, without what only the database knows', async () => {
    await migrate(database.db(), { schema: 'dark', migrations: MIGRATIONS });
    const proxy = await tcpProxy(database.url() ?? '');
    const tasker = createTasker({ database: proxy.url, schema: 'dark', worker: false });
    await tasker.register(
      defineTask({ name: 'a', identity: 'none' }, (t) => void t.step('a', {}, () => 1)),
    );
    await tasker.start();
    await tasker.create('a', { context: {} });
    proxy.blackhole();

    const askedMs = performance.now();
    const [samples] = await Promise.all([scrape(tasker), scrape(tasker)]);

    expect(performance.now() - askedMs).toBeLessThan(2_500);
    expect(valueOf(samples, 'tasker_database_up')).toBe(0);
    expect(valueOf(samples, 'tasker_tasks_created_total', { name: 'a' })).toBe(1);
    expect(valueOf(samples, 'tasker_open_tasks')).toBeUndefined();
    const pool = samples.filter(({ name }) => name === 'tasker_database_connections');
    expect(pool.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(0);
    await proxy.close();
    await tasker.stop();
  });
});

describe('metrics without a database', () => {
  test('answer before the start', async () => {
    const tasker = createTasker({ database: { embedded: { directory: null } } });

    const { contentType, text } = await tasker.metrics();

    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(valueOf(parseMetrics(text), 'tasker_database_up')).toBe(0);
  });

  test('go into the registry of the host, under the prefix of the host', async () => {
    const registry = new Registry();
    const own = new Counter({ name: 'shop_visits_total', help: 'Visits', registers: [registry] });
    own.inc(3);
    const options = { database: { embedded: { directory: null } }, worker: false } as const;
    const one = createTasker({ ...options, metrics: { registry, prefix: 'one_' } });
    createTasker({ ...options, metrics: { registry, prefix: 'two_' } });

    const samples = parseMetrics(await registry.metrics());

    expect(valueOf(samples, 'shop_visits_total')).toBe(3);
    expect(valueOf(samples, 'one_late_results_total')).toBe(0);
    expect(valueOf(samples, 'two_late_results_total')).toBe(0);
    expect((await one.metrics()).text).toContain('shop_visits_total 3');
    expect(() => createTasker({ ...options, metrics: { registry, prefix: 'two_' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  test('keep the names of counters in a registry of OpenMetrics', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const tasker = createTasker({
      database: { embedded: { directory: null } },
      metrics: { registry },
    });

    const { contentType, text } = await tasker.metrics();

    expect(contentType).toContain('openmetrics');
    expect(text).toContain('# TYPE tasker_late_results counter\ntasker_late_results_total 0\n');
    expect(text).toMatch(/# EOF\n$/);
  });

  test('can be switched off', async () => {
    const tasker = createTasker({ metrics: false });

    await expect(tasker.metrics()).rejects.toMatchObject({ code: 'METRICS_OFF', status: 404 });
  });

  test.each([
    [{ prefix: '9a' }, 'metrics.prefix'],
    [{ prefix: 'a-b' }, 'metrics.prefix'],
    [{ registry: {} }, 'metrics.registry'],
    [{ registrey: 1 }, 'metrics.registrey'],
  ])('refuse the option %j', (metrics, option) => {
    expect(() => createTasker({ metrics: metrics as never })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        details: expect.objectContaining({ option }) as unknown,
      }),
    );
  });

  test('are all explained in the guide, with their kind and labels', () => {
    const guide = readFileSync(new URL('../../docs/observing.md', import.meta.url), 'utf8');
    const rows = [...guide.matchAll(/^\| `tasker_(\w+)`\s*\| (\w+)\s*\| ([^|]*?)\s*\|/gm)].map(
      ([, name, type, labels]) => `${name} ${type} ${labels}`,
    );

    expect(rows).toEqual(
      Object.entries(METRICS).map(
        ([name, { type, labels }]) =>
          `${name} ${type} ${labels.map((label) => `\`${label}\``).join(' ')}`,
      ),
    );
  });
});
