import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { RetryableError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, overlapMeter, settled } from './lab.ts';

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

  test('keeps a lane of the width for a step that waits for its retry (rows 8, 10)', async () => {
    const engine = await startEngine(database);
    const meter = overlapMeter();
    const holds = { a: gate(), b: gate(), c: gate() };
    const started: string[] = [];
    const backoff = { base: '1h', max: '1h', jitter: 'none' } as const;
    const task = defineTask({ name: 'lanes', width: 2 }, (t) => {
      const hold = (name: keyof typeof holds) => async (): Promise<void> => {
        started.push(name);
        meter.enter();
        await holds[name].opened;
        meter.leave();
      };
      t.step('flaky', { backoff }, async ({ step }) => {
        meter.enter();
        await breathe(2);
        meter.leave();
        if (step.attempt === 1) throw new Error('not yet');
      });
      for (const name of ['a', 'b', 'c'] as const) t.step(name, {}, hold(name));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'flaky');
      return step.status === 'error' && step.readyAt !== null && started.length === 1;
    });
    holds.a.open();
    await until('the next one runs', () => started.length === 2);
    const queue = `select position from {schema}.ready_steps where task_id = $1 order by position`;
    expect(await engine.sql(queue, [taskId])).toEqual([{ position: 0 }]); // c has no lane
    await engine.advanceClock(3_600_001);
    await until('the retry has run', async () => {
      return (await engine.tasker.step(taskId, 'flaky')).status === 'complete';
    });
    holds.b.open();
    holds.c.open();
    const steps = await settled(engine.tasker, taskId);
    expect(steps.every((step) => step.endsWith(' complete'))).toBe(true);
    expect(meter.most).toBe(2);
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
});
