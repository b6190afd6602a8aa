import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine, until, type Engine } from '../support/engine.ts';
import { breathe, by, operator, recordEvents, settled, statuses } from './lab.ts';

/** A worker that renews its lease too seldom to notice that the clock has moved. */
const SLOW_HEART = { lease: '60s', heartbeat: '20s' } as const;

describeOnEachDatabase('recovery', (database) => {
  /** Makes the first engine's lease lapse in the eyes of another one, which takes over. */
  const takeOver = async (first: Engine): Promise<Engine> => {
    const second = await startEngine(database, { schema: first.schema });
    await first.advanceClock(61_000); // on PGlite the start was enough: nobody else can have the database open
    return second;
  };

  test('a lost worker’s step is run by another one, and its late result is refused (row 18, B8, B22, B24)', async () => {
    const engine = await startEngine(database, { worker: SLOW_HEART });
    const events = recordEvents(engine.tasker, ['step.lease_lost', 'step.completed']);
    const running = gate();
    const release = gate();
    const version = { name: 'lost', version: '1.0.0' };
    const slow = defineTask(version, (t) => {
      const only = t.step('only', {}, async () => {
        running.open();
        await release.opened;
        return 'late';
      });
      t.step('after', { dependsOn: { only } }, ({ deps }) => deps.only);
    });
    const quick = defineTask(version, (t) => {
      const only = t.step('only', {}, () => 'in time');
      t.step('after', { dependsOn: { only } }, ({ deps }) => deps.only);
    });
    const { taskId } = await engine.tasker.create(slow, { ...by, context: {} });
    await running.opened;
    const second = await takeOver(engine);
    await second.tasker.register(quick);
    await second.tasker.waitFor(taskId, { timeout: '20s' });
    release.open();
    await until('the late result is refused', () => events.length > 0);
    expect(events).toEqual([
      { name: 'step.lease_lost', payload: { taskId, step: 'only', attempt: 1 } },
    ]);
    expect(await statuses(second.tasker, taskId)).toEqual(['only complete', 'after complete']);
    expect((await second.tasker.step(taskId, 'after')).results).toBe('in time');
    const attempts = await second.tasker.attempts(taskId);
    expect(attempts.map((a) => `${a.step} ${a.attempt} ${a.outcome}`)).toEqual([
      'only 1 lost',
      'only 2 success',
      'after 1 success',
    ]);
    await second.tasker.stop();
    await engine.finish();
  });

  test('a lost worker’s step is given back however long ago the worker was declared lost: who did that may have died itself', async () => {
    const engine = await startEngine(database, { worker: SLOW_HEART });
    const running = gate();
    const version = { name: 'long_lost', version: '1.0.0' };
    const { taskId } = await engine.tasker.create(
      defineTask(version, (t) => {
        t.step('only', {}, async ({ signal }) => {
          running.open();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        });
      }),
      { ...by, context: {} },
    );
    await running.opened;
    await engine.sql('update {schema}.workers set lost_at = {schema}.clock()'); // and then the one who declared it is gone
    await engine.advanceClock(3_600_000);
    const second = await startEngine(database, { schema: engine.schema });
    await second.tasker.register(defineTask(version, (t) => void t.step('only', {}, () => 1)));
    expect((await second.tasker.waitFor(taskId, { timeout: '20s' })).status).toBe('complete');
    await second.tasker.stop();
    await engine.finish();
  });

  test('who is long gone and holds nothing is not looked for again', async () => {
    const first = await startEngine(database);
    await first.tasker.stop();
    const gone = (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
      first.sql(
        'select worker_id from {schema}.workers where emptied_at is null and stopped_at is not null',
      );
    expect(await gone()).toHaveLength(1);
    await first.advanceClock(90_000);
    const second = await startEngine(database, { schema: first.schema });
    await until('it is let go', async () => (await gone()).length === 0);
    await second.finish();
  });

  test('a late failure of a lost worker is refused as well (row 18)', async () => {
    const engine = await startEngine(database, { worker: SLOW_HEART });
    const events = recordEvents(engine.tasker, ['step.lease_lost', 'step.failed']);
    const running = gate();
    const release = gate();
    const version = { name: 'lost', version: '1.0.0' };
    const { taskId } = await engine.tasker.create(
      defineTask(version, (t) => {
        t.step('only', {}, async () => {
          running.open();
          await release.opened;
          throw new Error('too late to fail');
        });
      }),
      { ...by, context: {} },
    );
    await running.opened;
    const second = await takeOver(engine);
    await second.tasker.register(defineTask(version, (t) => void t.step('only', {}, () => 1)));
    await second.tasker.waitFor(taskId, { timeout: '20s' });
    release.open();
    await until('the late failure is refused', () => events.length > 0);
    expect(events.map((event) => event.name)).toEqual(['step.lease_lost']);
    expect(await second.tasker.step(taskId, 'only')).toMatchObject({
      status: 'complete',
      attempts: 2,
      error: null,
    });
    await second.tasker.stop();
    await engine.finish();
  });

  test('a step that loses its last worker ends in error, with the reason (row 18, B24)', async () => {
    const engine = await startEngine(database, { worker: SLOW_HEART });
    const running = gate();
    const never = gate();
    const { taskId } = await engine.tasker.create(
      defineTask({ name: 'poison', version: '1.0.0' }, (t) => {
        t.step('deadly', { retryLimit: 1 }, async () => {
          running.open();
          await never.opened;
        });
      }),
      { ...by, context: {} },
    );
    await running.opened;
    const second = await takeOver(engine);
    expect(await settled(second.tasker, taskId)).toEqual(['deadly error']);
    expect(await second.tasker.step(taskId, 'deadly')).toMatchObject({ error: { code: 'POISON' } });
    never.open();
    await second.tasker.stop();
    await engine.finish();
  });

  test('stopping gives running steps back at once after the grace, to be run again (row 18, B24)', async () => {
    const engine = await startEngine(database, { worker: { shutdownGrace: 0 } });
    const running = gate();
    let aborted: unknown = null;
    const version = { name: 'stopped', version: '1.0.0' };
    const { taskId } = await engine.tasker.create(
      defineTask(version, (t) => {
        t.step('only', {}, async ({ signal }) => {
          running.open();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          aborted = signal.reason;
          throw new Error('aborted');
        });
      }),
      { ...by, context: {} },
    );
    await running.opened;
    await engine.tasker.stop();
    expect(aborted).toBeInstanceOf(Error);
    const second = await startEngine(database, { schema: engine.schema });
    await second.tasker.register(defineTask(version, (t) => void t.step('only', {}, () => 1)));
    expect(await settled(second.tasker, taskId)).toEqual(['only complete']);
    const attempts = await second.tasker.attempts(taskId);
    expect(attempts.map((a) => `${a.attempt} ${a.outcome}`)).toEqual(['1 cancelled', '2 success']);
    await second.finish();
  });

  test('stopping waits for what runs within the grace, and loses nothing (row 18)', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'drained', version: '1.0.0' }, (t) => {
      const first = t.step('first', {}, async () => {
        running.open();
        await release.opened;
        return 1;
      });
      t.step('second', { dependsOn: { first } }, ({ deps }) => deps.first + 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const stopping = engine.tasker.stop();
    await breathe(10);
    release.open();
    await stopping;
    await engine.tasker.stop(); // twice is fine
    const second = await startEngine(database, { schema: engine.schema, worker: false });
    expect(await statuses(second.tasker, taskId)).toEqual(['first complete', 'second pending']);
    expect((await second.tasker.workers()).map((worker) => worker.state)).toEqual(['stopped']);
    await second.tasker.stop();
    const third = await startEngine(database, { schema: engine.schema });
    await third.tasker.register(task);
    expect(await settled(third.tasker, taskId)).toEqual(['first complete', 'second complete']);
    await third.finish();
  });

  test('a task stored by a process that vanished before any hint is found by polling (row 18, B39)', async () => {
    const creator = await startEngine(database, { worker: false, notify: false });
    const task = defineTask(
      { name: 'silent', version: '1.0.0' },
      (t) => void t.step('s', {}, () => 1),
    );
    const { taskId } = await creator.tasker.create(task, { ...by, context: {} });
    await creator.tasker.stop();
    const worker = await startEngine(database, { schema: creator.schema, notify: false });
    await worker.tasker.register(task);
    expect(await settled(worker.tasker, taskId)).toEqual(['s complete']);
    await worker.finish();
  });

  test('a handler that ignores its timeout ends with it, and its late result is ignored (row 18, B22)', async () => {
    const engine = await startEngine(database);
    const release = gate();
    let runs = 0;
    const task = defineTask({ name: 'slow', backoff: 'none' }, (t) => {
      t.step('only', { timeout: '50ms', retryLimit: 2 }, async () => {
        runs += 1;
        if (runs === 2) return 'second';
        await release.opened;
        return 'first';
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    release.open();
    await breathe(20);
    expect((await engine.tasker.step(taskId, 'only')).results).toBe('second');
    const attempts = await engine.tasker.attempts(taskId);
    expect(attempts.map((a) => a.outcome)).toEqual(['timeout', 'success']);
    expect(attempts[0]?.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(runs).toBe(2); // the timed-out run was not started a third time beside them
    await engine.finish();
  });
});

describeOnPostgres('recovery between workers that live', () => {
  const database = postgresDatabase();

  test('a worker that was declared lost aborts its handlers and starts anew under another id (row 18)', async () => {
    const engine = await startEngine(database);
    const started = recordEvents(engine.tasker, ['step.started']);
    const running = gate();
    const reasons: unknown[] = [];
    let runs = 0;
    const task = defineTask({ name: 'revived', version: '1.0.0' }, (t) => {
      t.step('only', {}, async ({ signal }) => {
        runs += 1;
        if (runs > 1) return 'again';
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        running.open();
        return new Promise(() => undefined);
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const [before] = await engine.tasker.workers();
    await engine.sql(`update {schema}.workers set lost_at = {schema}.clock()`); // as another worker's reaper does
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect(reasons).toHaveLength(1);
    const workers = await engine.tasker.workers();
    expect(workers).toHaveLength(2);
    expect(workers.find((worker) => worker.workerId === before?.workerId)?.state).toBe('lost');
    expect(started).toHaveLength(2);
    await engine.finish();
  });

  test('a cancellation by another process reaches the running handler (rows 16, 18)', async () => {
    const engine = await startEngine(database, { notify: false });
    const other = await startEngine(database, { schema: engine.schema, worker: false });
    const running = gate();
    const aborted = gate();
    const task = defineTask({ name: 'remote' }, (t) => {
      t.step('only', {}, ({ signal }) => {
        signal.addEventListener('abort', () => aborted.open());
        running.open();
        return new Promise(() => undefined);
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    await other.tasker.cancelTask(taskId, operator);
    await aborted.opened; // within a heartbeat, although there are no hints
    await other.tasker.stop();
    await engine.finish();
  });

  test('what a handler answers after a cancellation that its worker has not heard of is refused (rows 16, 18, B32)', async () => {
    const engine = await startEngine(database, { notify: false, worker: SLOW_HEART });
    const other = await startEngine(database, { schema: engine.schema, worker: false });
    const events = recordEvents(engine.tasker, [
      'step.completed',
      'step.failed',
      'step.lease_lost',
      'task.completed',
      'task.failed',
    ]);
    const release = gate();
    let running = 0;
    const task = defineTask({ name: 'unheard' }, (t) => {
      const good = t.step('good', {}, async () => {
        running += 1;
        await release.opened;
      });
      t.step('bad', {}, async () => {
        running += 1;
        await release.opened;
        throw new Error('late');
      });
      t.step('after', { dependsOn: { good } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('both run', () => running === 2);
    await other.tasker.cancelTask(taskId, operator);
    release.open();
    await until('both are refused', () => events.length >= 2);
    expect(events.map((event) => event.name)).toEqual(['step.lease_lost', 'step.lease_lost']);
    expect(await statuses(other.tasker, taskId)).toEqual([
      'good cancelled',
      'bad cancelled',
      'after cancelled',
    ]);
    await other.tasker.stop();
    await engine.finish();
  });
});
