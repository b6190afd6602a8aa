import { expect, test } from 'vitest';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { by, logOf, operator, recordEvents, refused, settled, statuses, statusOf } from './lab.ts';

/** Two steps that fail until they are repaired, and one after the first. */
function breakable(settings: { readonly retryLimit: number; readonly backoff?: 'none' }) {
  const state = { repaired: false, runs: 0 };
  const work = (): number => {
    state.runs += 1;
    if (!state.repaired) throw new Error('broken');
    return 1;
  };
  const task = defineTask({ name: 'breakable', backoff: 'none', ...settings }, (t) => {
    const first = t.step('first', {}, work);
    t.step('second', {}, work);
    t.step('after', { dependsOn: { first } }, () => 2);
  });
  return { task, state };
}

describeOnEachDatabase('a reset', (database) => {
  test('of an exhausted step lets it go on with all its attempts, and its task with it', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['step.retry_requested']);
    const { task, state } = breakable({ retryLimit: 2 });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    expect(await statusOf(engine.tasker, taskId)).toBe('error');
    const step = await engine.tasker.resetStep(taskId, 'first', operator);
    expect(step).toMatchObject({ status: 'pending', attempts: 2, retryLimit: 4 });
    await settled(engine.tasker, taskId);
    expect(state.runs).toBe(6);
    state.repaired = true;
    await engine.tasker.resetStep(taskId, 'first', operator);
    await until('the first step is complete', async () =>
      (await statuses(engine.tasker, taskId)).includes('first complete'),
    );
    await settled(engine.tasker, taskId);
    expect(await statuses(engine.tasker, taskId)).toEqual([
      'first complete',
      'second error',
      'after complete',
    ]);
    expect(await logOf(engine.tasker, taskId)).toContain('reset_step first: error -> pending');
    expect(events).toHaveLength(2);
    await engine.finish();
  });

  test('of a task gives every unfinished step its attempts, and revives a task in error', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['task.retry_requested']);
    const { task, state } = breakable({ retryLimit: 2 });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    state.repaired = true;
    await engine.tasker.resetTask(taskId, operator);
    expect(await settled(engine.tasker, taskId)).toEqual([
      'first complete',
      'second complete',
      'after complete',
    ]);
    const steps = await engine.tasker.steps(taskId);
    expect(steps.map(({ attempts, retryLimit }) => [attempts, retryLimit])).toEqual([
      [3, 4],
      [3, 4],
      [1, 2],
    ]);
    expect(await logOf(engine.tasker, taskId)).toEqual([
      'reset_task: error -> error',
      'retry_task: error -> in_progress',
    ]);
    expect(events).toHaveLength(1);
    await engine.finish();
  });

  test('of a step that waits for its retry keeps its time', async () => {
    const engine = await startEngine(database);
    const task = defineTask(
      {
        name: 'waiting',
        retryLimit: 3,
        backoff: { strategy: 'fixed', base: '1h', jitter: 'none' },
      },
      (t) => {
        t.step('slow', {}, () => {
          throw new Error('later');
        });
      },
    );
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until(
      'the step waits',
      async () => (await engine.tasker.step(taskId, 'slow')).status === 'error',
    );
    const before = await engine.tasker.step(taskId, 'slow');
    await engine.tasker.resetTask(taskId, operator);
    const after = await engine.tasker.resetStep(taskId, 'slow', operator);
    expect(after).toMatchObject({ status: 'error', attempts: 1, retryLimit: 4 });
    expect(after.readyAt).toEqual(before.readyAt);
    expect(after.readyAt).not.toBeNull();
    await engine.finish();
  });

  test('of a running step gives it more attempts, which its failure uses', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'running', retryLimit: 1, backoff: 'none' }, (t) => {
      t.step('only', {}, async ({ step }) => {
        if (step.attempt > 1) return 1;
        running.open();
        await release.opened;
        throw new Error('the first time');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const step = await engine.tasker.resetStep(taskId, 'only', operator);
    expect(step).toMatchObject({ status: 'in_progress', attempts: 1, retryLimit: 2 });
    release.open();
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    await engine.finish();
  });

  test('of a step that has not begun changes nothing but is recorded', async () => {
    const engine = await startEngine(database, { worker: false });
    const { task } = breakable({ retryLimit: 3 });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const step = await engine.tasker.resetStep(taskId, 'after', operator);
    expect(step).toMatchObject({ status: 'pending', attempts: 0, retryLimit: 3, waitingOn: 1 });
    expect(await logOf(engine.tasker, taskId)).toEqual(['reset_step after: pending -> pending']);
    await engine.finish();
  });

  test('is refused for what has finished, was cancelled or does not exist', async () => {
    const engine = await startEngine(database);
    const { task } = breakable({ retryLimit: 1 });
    const done = defineTask({ name: 'done' }, (t) => {
      t.step('only', {}, () => 1);
    });
    const half = defineTask({ name: 'half' }, (t) => {
      t.step('good', {}, () => 1);
      t.step('bad', {}, () => {
        throw new PermanentError('no');
      });
    });
    const complete = await engine.tasker.create(done, { ...by, context: {} });
    const failed = await engine.tasker.create(half, { ...by, context: {} });
    const cancelled = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, complete.taskId);
    await settled(engine.tasker, failed.taskId);
    await settled(engine.tasker, cancelled.taskId);
    await engine.tasker.cancelTask(cancelled.taskId, operator);
    const { tasker } = engine;
    await refused(tasker.resetStep(complete.taskId, 'only', operator), 'TASK_STATE_CONFLICT');
    await refused(tasker.resetTask(complete.taskId, operator), 'TASK_STATE_CONFLICT');
    await refused(tasker.resetTask(cancelled.taskId, operator), 'TASK_STATE_CONFLICT');
    await refused(tasker.resetStep(failed.taskId, 'good', operator), 'STEP_STATE_CONFLICT');
    await refused(tasker.resetStep(failed.taskId, 'nope', operator), 'STEP_NOT_FOUND');
    await refused(tasker.resetTask(999_999, operator), 'TASK_NOT_FOUND');
    await engine.finish();
  });
});
