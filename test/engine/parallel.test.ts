import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { RetryableError } from '../../src/kernel/handler-errors.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, overlapMeter, settled, statusOf } from './lab.ts';

describeOnEachDatabase('a DAG in parallel', (database) => {
  test('runs all roots at once, and a dependent after all its parents (rows 8, 9)', async () => {
    const engine = await startEngine(database);
    const here = new Set<string>();
    const all = gate();
    const meet = async (name: string): Promise<string> => {
      here.add(name);
      if (here.size === 3) all.open();
      await all.opened; // opens only when all three roots run at the same time
      return name;
    };
    const task = defineTask({ name: 'roots' }, (t) => {
      const a = t.step('a', {}, () => meet('a'));
      const b = t.step('b', {}, () => meet('b'));
      const c = t.step('c', {}, () => meet('c'));
      const join = t.step('join', { dependsOn: { a, b, c } }, ({ deps, sequence }) => ({
        deps,
        sequence: sequence.steps.map((step) => `${step.name}=${JSON.stringify(step.results)}`),
        missing: sequence.findStepByName('nobody'),
      }));
      return { join };
    });
    const handle = await engine.tasker.create(task, { ...by, context: {} });
    expect(await handle.result({ timeout: '20s' })).toEqual({
      join: {
        deps: { a: 'a', b: 'b', c: 'c' },
        sequence: ['a="a"', 'b="b"', 'c="c"'],
        missing: null,
      },
    });
    await engine.finish();
  });

  test('fans out to 200 steps and in again, wider than the worker has slots (row 8)', async () => {
    const engine = await startEngine(database, { worker: { concurrency: 16 } });
    const meter = overlapMeter();
    const task = defineTask({ name: 'fan' }, (t) => {
      const seed = t.step('seed', {}, () => 1);
      const branches = Array.from({ length: 200 }, (_, n) =>
        t.step(`branch_${n}`, { dependsOn: { seed } }, async ({ deps }) => {
          meter.enter();
          await breathe(2);
          meter.leave();
          return deps.seed + n;
        }),
      );
      const sum = t.step(
        'sum',
        { dependsOn: Object.fromEntries(branches.map((branch) => [branch.name, branch])) },
        ({ deps }) => Object.values(deps).reduce((total, one) => total + Number(one), 0),
      );
      return { sum };
    });
    const handle = await engine.tasker.create(task, { ...by, context: {} });
    expect(await handle.result({ timeout: '60s' })).toEqual({ sum: 200 + (199 * 200) / 2 });
    expect(meter.most).toBeLessThanOrEqual(16); // never more than the slots
    expect(meter.most).toBeGreaterThan(1);
    await engine.finish();
  });

  test('never runs more steps of one task than its width, and loses none (row 8)', async () => {
    const engine = await startEngine(database);
    const meter = overlapMeter();
    const task = defineTask({ name: 'narrow', width: 3 }, (t) => {
      const work = async (): Promise<void> => {
        meter.enter();
        await breathe(3);
        meter.leave();
      };
      const roots = Array.from({ length: 9 }, (_, n) => t.step(`root_${n}`, {}, work));
      roots.forEach((root, n) => t.step(`child_${n}`, { dependsOn: { root } }, work));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const steps = await settled(engine.tasker, taskId);
    expect(steps).toHaveLength(18);
    expect(steps.every((step) => step.endsWith(' complete'))).toBe(true);
    expect(meter.most).toBe(3);
    await engine.finish();
  });

  test('runs concurrent: false strictly in template order, also with a retry in between (row 8)', async () => {
    const engine = await startEngine(database);
    const order: string[] = [];
    const meter = overlapMeter();
    const task = defineTask(
      {
        name: 'serial',
        concurrent: false,
        backoff: { strategy: 'fixed', base: '10m', max: '10m', jitter: 'none' },
      },
      (t) => {
        const work = async (name: string): Promise<void> => {
          meter.enter();
          order.push(name);
          await breathe(2);
          meter.leave();
        };
        t.step('one', {}, () => work('one'));
        t.step('two', {}, async ({ step }) => {
          await work('two');
          if (step.attempt === 1) throw new RetryableError('not yet');
        });
        t.step('three', {}, () => work('three'));
        t.step('four', {}, () => work('four'));
      },
    );
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'two');
      return step.status === 'error' && step.readyAt !== null;
    });
    await breathe(20);
    expect(order).toEqual(['one', 'two']); // nothing overtakes the waiting retry
    await engine.advanceClock(600_001);
    await settled(engine.tasker, taskId);
    expect(order).toEqual(['one', 'two', 'two', 'three', 'four']);
    expect(meter.most).toBe(1);
    await engine.finish();
  });

  test('takes tasks of higher priority first (rows 6, 8)', async () => {
    const engine = await startEngine(database, { worker: { concurrency: 1 } });
    const order: unknown[] = [];
    const hold = gate();
    const running = gate();
    const blocker = defineTask({ name: 'blocker' }, (t) => {
      t.step('hold', {}, () => (running.open(), hold.opened));
    });
    const task = defineTask({ name: 'ranked' }, (t) => {
      t.step(
        'only',
        {},
        ({ context }) => void order.push(Reflect.get(Object(context), 'priority')),
      );
    });
    await engine.tasker.create(blocker, { ...by, context: {} });
    await running.opened;
    const ids: number[] = [];
    for (const priority of [0, -5, 10, 3, 10, -1_000, 1_000]) {
      const context = { priority, nth: ids.length };
      const { taskId } = await engine.tasker.create(task, { ...by, context, priority });
      ids.push(taskId);
    }
    hold.open();
    for (const taskId of ids) await settled(engine.tasker, taskId);
    expect(order).toEqual([1_000, 10, 10, 3, 0, -5, -1_000]);
    await engine.finish();
  });

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
