import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { by, settled, statusOf } from './lab.ts';

describeOnEachDatabase('queues and hints', (database) => {
  test('serves its own queues only, in their order of preference (rows 8, 24)', async () => {
    const engine = await startEngine(database, {
      worker: { concurrency: 1, queues: ['urgent', 'default'] },
    });
    const order: string[] = [];
    const hold = gate();
    const running = gate();
    const task = defineTask({ name: 'queued' }, (t) => {
      const first = t.step('first', {}, async () => {
        running.open();
        await hold.opened;
      });
      t.step('plain', { dependsOn: { first } }, () => void order.push('plain'));
      t.step('soon', { dependsOn: { first }, queue: 'urgent' }, () => void order.push('soon'));
      t.step('elsewhere', { dependsOn: { first }, queue: 'gpu' }, () => void order.push('gpu'));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    hold.open();
    await until('the own queues are empty', () => order.length === 2);
    expect(order.toSorted()).toEqual(['plain', 'soon']);
    expect(await engine.tasker.step(taskId, 'elsewhere')).toMatchObject({
      status: 'pending',
      queue: 'gpu',
      attempts: 0,
    });
    await engine.tasker.stop();
    const second = await startEngine(database, {
      schema: engine.schema,
      worker: { queues: ['gpu'] },
    });
    await second.tasker.register(task);
    expect(await second.tasker.waitFor(taskId, { timeout: '20s' })).toMatchObject({
      status: 'complete',
    });
    expect(order.at(-1)).toBe('gpu');
    await second.finish();
  });

  test('works without hints at the pace of polling (row 24)', async () => {
    const engine = await startEngine(database, { notify: false });
    const task = defineTask({ name: 'quiet' }, (t) => {
      const a = t.step('a', {}, () => 1);
      t.step('b', { dependsOn: { a }, queue: 'default' }, ({ deps }) => deps.a + 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    expect(await statusOf(engine.tasker, taskId)).toBe('complete');
    await engine.finish();
  });
});

describeOnPostgres('two Taskers on one database', () => {
  const database = postgresDatabase();

  test('each serves its own queue of one task, and no step runs twice (rows 8, 24, B8)', async () => {
    const runs: string[] = [];
    const define = (who: string) =>
      defineTask({ name: 'shared', version: '1.0.0' }, (t) => {
        const start = t.step('start', {}, () => void runs.push(`${who} start`));
        const fetch = t.step(
          'fetch',
          { dependsOn: { start }, queue: 'network' },
          () => void runs.push(`${who} fetch`),
        );
        t.step('end', { dependsOn: { fetch } }, () => void runs.push(`${who} end`));
      });
    const engine = await startEngine(database, { notify: false });
    const other = await startEngine(database, {
      schema: engine.schema,
      notify: false,
      worker: { queues: ['network'] },
    });
    await other.tasker.register(define('other'));
    const { taskId } = await engine.tasker.create(define('one'), { ...by, context: {} });
    await settled(engine.tasker, taskId);
    expect(runs).toEqual(['one start', 'other fetch', 'one end']);
    expect((await engine.tasker.workers()).map((worker) => worker.state)).toEqual([
      'alive',
      'alive',
    ]);
    await other.tasker.stop();
    await engine.finish();
  });

  test('share 300 steps without running one twice, with and without hints (rows 18, 24, B8)', async () => {
    for (const notify of [true, false]) {
      const runs = new Map<string, number>();
      const task = defineTask({ name: 'load', version: '1.0.0', identity: 'none' }, (t) => {
        const count = ({ step, task: info }: { step: { name: string }; task: { id: number } }) => {
          const key = `${info.id} ${step.name}`;
          runs.set(key, (runs.get(key) ?? 0) + 1);
        };
        const a = t.step('a', {}, count);
        const b = t.step('b', { dependsOn: { a } }, count);
        const c = t.step('c', { dependsOn: { a } }, count);
        t.step('d', { dependsOn: { b, c } }, count);
      });
      const engine = await startEngine(database, { notify });
      const other = await startEngine(database, { schema: engine.schema, notify });
      await engine.tasker.register(task);
      await other.tasker.register(task);
      const created = await engine.tasker.createMany(
        'load',
        Array.from({ length: 75 }, (_, n) => ({ context: { n } })),
      );
      for (const { taskId } of created) await engine.tasker.waitFor(taskId, { timeout: '30s' });
      expect(runs.size).toBe(300);
      expect(Math.max(...runs.values())).toBe(1);
      await other.tasker.stop();
      await engine.finish();
    }
  });
});
