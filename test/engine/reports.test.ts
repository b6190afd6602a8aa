import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, operator, refused, settled } from './lab.ts';

const HOUR_MS = 3_600_000;

describeOnEachDatabase('reports', (database) => {
  test('name the slowest steps, with runs and failures, of the period and the names that are asked', async () => {
    const engine = await startEngine(database);
    const task = defineTask(
      { name: 'timed', namespace: 'shop', identity: 'none', backoff: 'none', retryLimit: 2 },
      (t) => {
        const quick = t.step('quick', {}, () => 1);
        t.step('slow', { dependsOn: { quick } }, ({ step }) => {
          if (step.attempt === 1) throw new Error('the first time');
        });
      },
    );
    const other = defineTask({ name: 'other', identity: 'none' }, (t) => {
      t.step('only', {}, () => 1);
    });
    for (let n = 0; n < 4; n += 1)
      await settled(
        engine.tasker,
        (await engine.tasker.create(task, { ...by, context: {} })).taskId,
      );
    const { taskId } = await engine.tasker.create(other, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    // Times that are known: 10, 20, 30 and 40 ms.
    await engine.sql(
      `update {schema}.workflow_steps as s set completed_at = started_at + interval '10 milliseconds' * n
         from (select task_id, row_number() over (order by task_id) as n from {schema}.tasks) as x where x.task_id = s.task_id`,
    );
    const { steps, rows, complete } = await engine.tasker.slowestSteps({ namespace: 'shop' });
    expect({ rows, complete }).toEqual({ rows: 4, complete: true });
    const expected = {
      namespace: 'shop',
      task: 'timed',
      runs: 4,
      averageMs: 25,
      p95Ms: 38.5,
      maxMs: 40,
    };
    expect(steps).toEqual([
      { ...expected, step: 'quick', failures: 0 },
      { ...expected, step: 'slow', failures: 4 },
    ]);
    const all = await engine.tasker.slowestSteps({ limit: 1 });
    expect(all.steps.map(({ task: name, step }) => [name, step])).toEqual([['other', 'only']]);
    expect(all.rows).toBe(5);
    await engine.advanceClock(2 * HOUR_MS);
    expect(await engine.tasker.slowestSteps({ since: '1h' })).toEqual({
      steps: [],
      rows: 0,
      complete: true,
    });
    await engine.tasker.stop();
  });

  test('count tasks by status and bucket of their creation', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'counted', identity: 'none' }, (t) => {
      t.step('only', {}, () => 1);
    });
    const ids: number[] = [];
    for (let n = 0; n < 5; n += 1)
      ids.push((await engine.tasker.create(task, { ...by, context: {} })).taskId);
    await engine.tasker.cancelTask(ids[4] ?? 0, operator);
    const [first] = await engine.sql(
      `select date_trunc('day', now(), 'UTC') - interval '1 day' as day`,
    );
    const day = first?.['day'] as Date; // a timestamptz
    await engine.sql(
      `update {schema}.tasks set created_at = $1::timestamptz + interval '1 hour' * (task_id - $2::bigint)`,
      [day, ids[0]],
    );
    const hours = await engine.tasker.statusCounts({ since: '3d' });
    expect(hours).toEqual({
      rows: 5,
      complete: true,
      buckets: ids.map((_, n) => ({
        at: new Date(day.getTime() + n * HOUR_MS),
        counts: n === 4 ? { cancelled: 1 } : { pending: 1 },
      })),
    });
    const days = await engine.tasker.statusCounts({ since: '3d', bucket: 'day', name: 'counted' });
    expect(days.buckets).toEqual([{ at: day, counts: { cancelled: 1, pending: 4 } }]);
    expect(await engine.tasker.statusCounts({ since: '3d', namespaces: ['elsewhere'] })).toEqual({
      buckets: [],
      rows: 0,
      complete: true,
    });
    await refused(engine.tasker.statusCounts({ since: 'a while' as '1h' }), 'INVALID_DURATION'); // sound: a caller without types
    await refused(engine.tasker.statusCounts({ bucket: 'year' as 'day' }), 'INVALID_REQUEST'); // sound: likewise
    await refused(engine.tasker.slowestSteps({ limit: 0 }), 'INVALID_REQUEST');
    await engine.tasker.stop();
  });

  test('say when a period has more tasks than they look at', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.sql(
      `insert into {schema}.task_definitions (namespace, name, version, content_hash, document) values ('a', 'b', '1', '', '{}')`,
    );
    await engine.sql(
      `insert into {schema}.tasks (created_at, requested_at, definition_id, leaves_left, initiator, reason, source_system, context)
       select now(), now(), 1, 1, 'i', 'r', 's', '{}' from generate_series(1, 10001)`,
    );
    expect(await engine.tasker.slowestSteps()).toMatchObject({ complete: false });
    expect(await engine.tasker.slowestSteps({ name: 'b' })).toMatchObject({ complete: false });
    expect(await engine.tasker.statusCounts()).toMatchObject({ rows: 10_001, complete: true });
    await engine.tasker.stop();
  });
});
