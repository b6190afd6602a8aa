import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import {
  by,
  operator,
  recordEvents,
  refused,
  refusedWithoutTrace,
  settled,
  statuses,
} from './lab.ts';

/** a -> b -> c -> d, and b -> e; every step may be bypassed, and notes its run. */
function chain(runs: string[], options: { readonly concurrent?: boolean } = {}) {
  return defineTask({ name: 'chain', identity: 'none', ...options }, (t) => {
    const note = (name: string) => (): string => (runs.push(name), name);
    const a = t.step('a', { skippable: true }, note('a'));
    const b = t.step('b', { skippable: true, dependsOn: { a } }, note('b'));
    const c = t.step('c', { skippable: true, dependsOn: { b } }, ({ deps, sequence }) => {
      note('c')();
      return { deps, parent: sequence.findStepByName('b') };
    });
    t.step('d', { skippable: true, dependsOn: { c } }, note('d'));
    t.step('e', { skippable: true, dependsOn: { b } }, note('e'));
  });
}

describeOnEachDatabase('bypassed steps', (database) => {
  test('are skipped, satisfy their dependents, and give them no result (row 14, B12)', async () => {
    const engine = await startEngine(database);
    const runs: string[] = [];
    const { taskId } = await engine.tasker.create(chain(runs), {
      ...by,
      context: {},
      bypassSteps: ['b'],
    });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'a complete',
      'b skipped',
      'c complete',
      'd complete',
      'e complete',
    ]);
    expect(runs).not.toContain('b');
    expect(await engine.tasker.step(taskId, 'c')).toMatchObject({
      results: { deps: {}, parent: { name: 'b', results: null } },
    });
    expect(await engine.tasker.step(taskId, 'b')).toMatchObject({
      attempts: 0,
      processed: true,
      results: null,
    });
    expect(await engine.tasker.task(taskId)).toMatchObject({ complete: true, bypassSteps: ['b'] });
    await engine.finish();
  });

  test('may be roots, leaves, or a whole chain in a row (row 14, B12)', async () => {
    const engine = await startEngine(database);
    const cases: readonly (readonly string[])[] = [
      ['a'],
      ['d'],
      ['d', 'e'],
      ['a', 'b', 'c'],
      ['b', 'c', 'd', 'e'],
      ['a', 'c', 'e'],
    ];
    for (const bypassSteps of cases) {
      const runs: string[] = [];
      const task = chain(runs, { concurrent: bypassSteps.length % 2 === 0 });
      const { taskId } = await engine.tasker.create(task, { ...by, context: {}, bypassSteps });
      const steps = await settled(engine.tasker, taskId);
      const expected = ['a', 'b', 'c', 'd', 'e'].map((name) =>
        bypassSteps.includes(name) ? `${name} skipped` : `${name} complete`,
      );
      expect(steps).toEqual(expected);
      expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'complete' });
    }
    await engine.finish();
  });

  test('complete a task at its birth when they are all its steps (row 14)', async () => {
    const engine = await startEngine(database, { worker: false });
    const { taskId } = await engine.tasker.create(chain([]), {
      ...by,
      context: {},
      bypassSteps: ['e', 'd', 'c', 'b', 'a'],
    });
    const task = await engine.tasker.task(taskId);
    expect(task).toMatchObject({ status: 'complete', complete: true });
    expect(task.settledAt).not.toBeNull();
    expect(await engine.sql('select * from {schema}.ready_steps')).toEqual([]);
    await refused(engine.tasker.cancelTask(taskId, operator), 'TASK_STATE_CONFLICT');
    await engine.finish();
  });

  test('are refused with nothing stored when they are unknown or not skippable (row 14, B12)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'strict' }, (t) => {
      t.step('must_run', {}, () => 1);
      t.step('may_run', { skippable: true }, () => 1);
    });
    await engine.tasker.register(task);
    const create = (...bypassSteps: string[]) =>
      engine.tasker.create('strict', { context: {}, bypassSteps });
    await refusedWithoutTrace(engine, () => create('may_run', 'must_run'), 'STEP_NOT_SKIPPABLE');
    await refusedWithoutTrace(engine, () => create('may_rum'), 'UNKNOWN_BYPASS_STEP');
    await expect(create('may_rum')).rejects.toThrow(/may_run/); // says which was meant
    await refusedWithoutTrace(engine, () => create('__proto__'), 'UNKNOWN_BYPASS_STEP');
    await engine.finish();
  });

  test('named twice count once, and tell two requests apart (rows 7, 14)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'twice' }, (t) => {
      t.step('x', { skippable: true }, () => 1);
      t.step('y', { skippable: true }, () => 1);
    });
    const create = (...bypassSteps: string[]) =>
      engine.tasker.create(task, { ...by, context: {}, bypassSteps });
    const first = await create('x', 'x');
    expect(await statuses(engine.tasker, first.taskId)).toEqual(['x skipped', 'y pending']);
    await create('y');
    await create('x', 'y');
    await refused(create('y', 'x'), 'DUPLICATE_TASK'); // the order does not matter
    await engine.finish();
  });

  test('do not hand a cancellation on to what does not wait for them (rows 14, 16)', async () => {
    const engine = await startEngine(database);
    const hold = gate();
    const running = gate();
    const runs: string[] = [];
    const task = defineTask({ name: 'island' }, (t) => {
      const a = t.step('a', {}, async () => {
        running.open();
        await hold.opened;
      });
      const b = t.step('b', { dependsOn: { a }, skippable: true }, () => runs.push('b'));
      t.step('c', { dependsOn: { b }, queue: 'later' }, () => runs.push('c'));
    });
    const { taskId } = await engine.tasker.create(task, {
      ...by,
      context: {},
      bypassSteps: ['b'],
    });
    await running.opened;
    await engine.tasker.cancelStep(taskId, 'a', operator);
    hold.open();
    // c waits for b alone, and b was bypassed: c stays ready for a worker of its queue.
    expect(await statuses(engine.tasker, taskId)).toEqual([
      'a cancelled',
      'b skipped',
      'c pending',
    ]);
    expect((await engine.tasker.step(taskId, 'c')).readyAt).not.toBeNull();
    await engine.tasker.stop();
    const later = await startEngine(database, {
      schema: engine.schema,
      worker: { queues: ['later'] },
    });
    await later.tasker.register(task);
    expect(await settled(later.tasker, taskId)).toEqual(['a cancelled', 'b skipped', 'c complete']);
    await later.finish();
  });

  test('are announced with no run of theirs (rows 14, 34)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, [
      'step.started',
      'step.completed',
      'task.completed',
    ]);
    const { taskId } = await engine.tasker.create(chain([]), {
      ...by,
      context: {},
      bypassSteps: ['a', 'b', 'c', 'e'],
    });
    await settled(engine.tasker, taskId);
    await engine.finish();
    expect(events).toEqual([
      { name: 'step.started', payload: { taskId, step: 'd', attempt: 1 } },
      { name: 'step.completed', payload: { taskId, step: 'd', attempt: 1 } },
      { name: 'task.completed', payload: { taskId } },
    ]);
  });
});
