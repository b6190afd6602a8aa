import { describe, expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { Db } from '../../src/db/db.ts';
import { createTasker } from '../../src/tasker.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { Health } from '../../src/telemetry/health.ts';
import { tcpProxy } from '../../chaos/proxy.mjs';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';

const by = { initiator: 'test', reason: 'health', sourceSystem: 'vitest' };
const NAMES = ['database', 'schema', 'worker', 'stopping'];

const failing = (health: Health) => health.checks.filter(({ ok }) => !ok).map(({ name }) => name);
const becomes = (tasker: Tasker, what: string, is: (health: Health) => boolean) =>
  until(what, async () => is(await tasker.health()));

describeOnEachDatabase('health', (database) => {
  test('is live and ready while a worker runs, and also where none does', async () => {
    const engine = await startEngine(database);
    const without = await startEngine(database, { worker: false });

    const [withWorker, none] = [await engine.tasker.health(), await without.tasker.health()];

    expect(withWorker).toMatchObject({ live: true, ready: true });
    expect(withWorker.checks.map(({ name }) => name)).toEqual(NAMES);
    expect(none).toMatchObject({ live: true, ready: true });
    expect(none.checks[2]).toMatchObject({ ok: true, detail: 'no worker runs in this process' });
    await without.finish();
    await engine.finish();
  });

  test('is not ready while it drains, and not after it has stopped', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'drains', identity: 'none' }, (t) => {
      t.step('held', {}, () => {
        running.open();
        return release.opened;
      });
    });
    await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;

    const stopped = engine.tasker.stop();
    await becomes(engine.tasker, 'it drains', (health) => failing(health).includes('stopping'));
    const draining = await engine.tasker.health();
    release.open();
    await stopped;

    expect(draining).toMatchObject({ live: true, ready: false });
    expect(await engine.tasker.health()).toMatchObject({ live: true, ready: false });
    await engine.finish();
  });

  test('is not ready without its schema', async () => {
    const engine = await startEngine(database, { worker: false });

    await engine.sql('drop schema {schema} cascade');
    await becomes(engine.tasker, 'the schema is missed', (health) => !health.ready);

    const health = await engine.tasker.health();
    expect(failing(health)).toEqual(['schema']);
    expect(health.checks[1]?.detail).toContain('does not exist yet');
    await engine.tasker.stop();
  });

  test('is not ready once the lease is lost, ready with a new one, and not live without one for long', async () => {
    let refuses = false;
    const refusing = (db: Db): Db => ({
      ...db,
      query: (statement) =>
        refuses && /insert into \S+workers/.test(statement.text)
          ? Promise.reject(new Error('no registration now'))
          : db.query(statement),
    });
    const worker = { lease: '500ms', heartbeat: '50ms' } as const;
    const engine = await startEngine(database, { worker }, refusing);

    refuses = true;
    await engine.sql('update {schema}.workers set lost_at = {schema}.clock()');
    await becomes(engine.tasker, 'the loss is seen', (health) => !health.ready);
    expect(failing(await engine.tasker.health())).toEqual(['worker']);
    await becomes(engine.tasker, 'only a restart helps', (health) => !health.live);
    refuses = false;
    await becomes(engine.tasker, 'it has a new lease', (health) => health.ready && health.live);
    await engine.finish();
  });
});

describeOnPostgres('health and a database that cannot be reached', () => {
  const database = postgresDatabase();

  test('answers within 2 s through a black hole, and is ready again after it', async () => {
    const proxy = await tcpProxy(database.url() ?? '');
    const url = new URL(proxy.url);
    const tasker = createTasker({
      database: url.href,
      schema: 'dark',
      migrate: true,
      worker: { lease: '5s', heartbeat: '200ms' },
    });
    await tasker.start();
    expect(await tasker.health()).toMatchObject({ live: true, ready: true });

    proxy.blackhole();
    await becomes(tasker, 'the silence is noticed', (health) => !health.ready);
    const askedMs = performance.now();
    const dark = await Promise.all([tasker.health(), tasker.health(), tasker.health()]);

    expect(performance.now() - askedMs).toBeLessThan(2_500);
    for (const health of dark) {
      expect(health.live).toBe(true);
      expect(failing(health)).toEqual(['database', 'schema', 'worker']);
    }
    proxy.heal();
    await becomes(tasker, 'it is reached again', (health) => health.ready);
    await proxy.close();
    await becomes(tasker, 'the refusal is noticed', (health) =>
      (health.checks[0]?.detail ?? '').includes('ECONN'),
    );
    expect(JSON.stringify(await tasker.health())).not.toMatch(/postgres:\/\//);
    await tasker.stop();
  }, 30_000);
});

describe('health without a database', () => {
  test('is told before the start instead of being thrown', async () => {
    const tasker = createTasker({ database: { embedded: { directory: null } } });

    const health = await tasker.health();

    expect(health).toMatchObject({ live: true, ready: false });
    expect(health.checks.map(({ name }) => name)).toEqual(NAMES);
    expect(health.checks[0]).toMatchObject({ ok: false, detail: 'Tasker is not started' });
  });
});
