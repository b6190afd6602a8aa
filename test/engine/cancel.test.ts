import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, logOf, operator, recordEvents, refused, settled, statuses } from './lab.ts';

describeOnEachDatabase('cancelling', (database) => {
  test('a task aborts running handlers, refuses their late results, and nothing starts any more (row 16, B6, B32)', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const reasons: unknown[] = [];
    const runs: string[] = [];
    const task = defineTask({ name: 'cancelled' }, (t) => {
      const slow = t.step('slow', {}, async ({ signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        running.open();
        await release.opened;
        return 'too late';
      });
      t.step('after', { dependsOn: { slow } }, () => runs.push('after'));
      t.step('elsewhere', { queue: 'nobody' }, () => runs.push('elsewhere'));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const cancelled = await engine.tasker.cancelTask(taskId, operator);
    expect(cancelled).toMatchObject({ status: 'cancelled', complete: false });
    await until('the handler is told', () => reasons.length === 1);
    expect(reasons[0]).toBeInstanceOf(Error);
    release.open();
    await breathe(30);
    expect(await settled(engine.tasker, taskId)).toEqual([
      'slow cancelled',
      'after cancelled',
      'elsewhere cancelled',
    ]);
    expect(await engine.tasker.step(taskId, 'slow')).toMatchObject({ results: null, attempts: 1 });
    const attempts = await engine.tasker.attempts(taskId);
    expect(attempts.map((a) => `${a.step} ${a.attempt} ${a.outcome}`)).toEqual([
      'slow 1 cancelled',
    ]);
    expect(await engine.sql('select * from {schema}.ready_steps')).toEqual([]);
    expect(runs).toEqual([]);
    await engine.finish();
  });

  test('a task is logged with who, why and what, and is announced (rows 16, 17, 34)', async () => {
    const engine = await startEngine(database, { worker: false });
    const events = recordEvents(engine.tasker, ['task.cancelled']);
    const task = defineTask({ name: 'logged' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.cancelTask(taskId, operator);
    expect(await logOf(engine.tasker, taskId)).toEqual([
      'cancel_task: pending -> cancelled',
      'cancel_step only: pending -> cancelled',
    ]);
    const [first] = await engine.tasker.operatorLog(taskId);
    expect(first).toMatchObject(operator);
    expect(events).toEqual([{ name: 'task.cancelled', payload: { taskId } }]);
    await engine.finish();
  });

  test('is refused for a task that has ended, and changes nothing (rows 15, 16, B6)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'ended' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    await refused(engine.tasker.cancelTask(taskId, operator), 'TASK_STATE_CONFLICT');
    await refused(engine.tasker.cancelStep(taskId, 'only', operator), 'TASK_STATE_CONFLICT');
    expect(await statuses(engine.tasker, taskId)).toEqual(['only complete']);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'complete', complete: true });
    expect(await engine.tasker.operatorLog(taskId)).toEqual([]);
    await refused(engine.tasker.cancelTask(taskId + 1_000, operator), 'TASK_NOT_FOUND');
    await refused(engine.tasker.cancelTask(taskId, { actor: '' }), 'INVALID_REQUEST');
    await engine.finish();
  });

  test('twice is refused the second time (row 16)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'twice' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const answers = await Promise.allSettled([
      engine.tasker.cancelTask(taskId, operator),
      engine.tasker.cancelTask(taskId, operator),
    ]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await engine.finish();
  });

  test('a step cancels what depends on it, lets the rest finish, and settles the task as cancelled (row 16, B13)', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'part' }, (t) => {
      const root = t.step('root', {}, () => 1);
      const slow = t.step('slow', { dependsOn: { root } }, async () => {
        running.open();
        await release.opened;
      });
      const child = t.step('child', { dependsOn: { slow } }, () => 1);
      t.step('grandchild', { dependsOn: { child, root } }, () => 1);
      const other = t.step('other', { dependsOn: { root } }, () => 1);
      t.step('other_child', { dependsOn: { other } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    expect(await engine.tasker.cancelStep(taskId, 'slow', operator)).toMatchObject({
      name: 'slow',
      status: 'cancelled',
    });
    release.open();
    expect(await settled(engine.tasker, taskId)).toEqual([
      'root complete',
      'slow cancelled',
      'child cancelled',
      'grandchild cancelled',
      'other complete',
      'other_child complete',
    ]);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'cancelled' });
    expect(await logOf(engine.tasker, taskId)).toEqual([
      'cancel_step slow: in_progress -> cancelled',
      'cancel_step child: pending -> cancelled',
      'cancel_step grandchild: pending -> cancelled',
    ]);
    await engine.finish();
  });

  test('a step that waits for a retry takes it out of the queue (row 16)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'waiting' }, (t) => {
      const backoff = { base: '1h', max: '1h', jitter: 'none' } as const;
      t.step('flaky', { backoff }, () => {
        throw new Error('503');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'flaky');
      return step.status === 'error' && step.readyAt !== null;
    });
    await engine.tasker.cancelStep(taskId, 'flaky', operator);
    expect(await settled(engine.tasker, taskId)).toEqual(['flaky cancelled']);
    expect(await engine.sql('select * from {schema}.ready_steps')).toEqual([]);
    await engine.advanceClock(2 * 3_600_000);
    await breathe(30);
    expect((await engine.tasker.step(taskId, 'flaky')).attempts).toBe(1);
    await engine.finish();
  });

  test('a step of a task in error closes the failed branch (rows 16, 17)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'failed' }, (t) => {
      const bad = t.step('bad', {}, () => {
        throw new PermanentError('no');
      });
      t.step('child', { dependsOn: { bad } }, () => 1);
      t.step('good', {}, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    await engine.tasker.cancelStep(taskId, 'bad', operator);
    expect(await settled(engine.tasker, taskId)).toEqual([
      'bad cancelled',
      'child cancelled',
      'good complete',
    ]);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'cancelled' });
    await engine.finish();
  });

  test('of many tasks races with their end: each ends one way, and its steps agree (row 16, B32)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'storm', identity: 'none' }, (t) => {
      const a = t.step('a', {}, () => breathe(1));
      const b = t.step('b', { dependsOn: { a } }, () => breathe(1));
      t.step('c', { dependsOn: { b } }, () => breathe(1));
    });
    await engine.tasker.register(task);
    const created = await engine.tasker.createMany(
      'storm',
      Array.from({ length: 40 }, () => ({ context: {} })),
    );
    const cancels = await Promise.allSettled(
      created.map(({ taskId }) => engine.tasker.cancelTask(taskId, operator)),
    );
    for (const [index, { taskId }] of created.entries()) {
      const steps = await settled(engine.tasker, taskId);
      const { status } = await engine.tasker.task(taskId);
      expect(status).toBe(cancels[index]?.status === 'fulfilled' ? 'cancelled' : 'complete');
      if (status === 'complete') expect(steps).toEqual(['a complete', 'b complete', 'c complete']);
    }
    await engine.finish();
  });
});
