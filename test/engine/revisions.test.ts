import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, operator, refused } from './lab.ts';

const task = defineTask({ name: 'revised', identity: 'none' }, (t) => {
  t.step('one', {}, () => 1);
  t.step('two', {}, () => 1);
});

/** The codes of those that were refused. */
async function refusals(verbs: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const answers = await Promise.allSettled(verbs);
  return answers.flatMap((answer) => {
    if (answer.status === 'fulfilled') return [];
    const reason: unknown = answer.reason;
    return [isTaskerError(reason) ? reason.code : String(reason)];
  });
}

describeOnEachDatabase('a revision', (database) => {
  test('lets one of several changes to a task through, and the others see a conflict', async () => {
    const engine = await startEngine(database, { worker: false });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const { revision } = await engine.tasker.task(taskId);
    const changes = ['a', 'b', 'c', 'd', 'e'].map((reason) =>
      engine.tasker.updateTask(taskId, { reason, ifRevision: revision }),
    );
    expect(await refusals(changes)).toEqual(Array.from({ length: 4 }, () => 'REVISION_CONFLICT'));
    const after = await engine.tasker.task(taskId);
    expect(after.revision).not.toBe(revision);
    const updated = await engine.tasker.updateTask(taskId, {
      tags: ['seen'],
      ifRevision: after.revision,
    });
    expect(updated).toMatchObject({ tags: ['seen'], reason: after.reason });
    expect(updated).toEqual(await engine.tasker.task(taskId));
    await engine.finish();
  });

  test('does the same for a step, whose neighbours do not disturb it', async () => {
    const engine = await startEngine(database, { worker: false });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const { revision } = await engine.tasker.step(taskId, 'one');
    await engine.tasker.updateStep(taskId, 'two', { ...operator, inputs: { other: 1 } });
    const changes = [5, 6, 7].map((retryLimit) =>
      engine.tasker.updateStep(taskId, 'one', { ...operator, retryLimit, ifRevision: revision }),
    );
    expect(await refusals(changes)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
    expect(await engine.tasker.operatorLog(taskId)).toHaveLength(2);
    await engine.finish();
  });

  test('changes when the engine changes the row, and a wrong one is refused before anything else', async () => {
    const engine = await startEngine(database);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId);
    const { revision, settledAt, updatedAt } = await engine.tasker.task(taskId);
    expect(updatedAt).toEqual(settledAt);
    const stale = String(Number(revision) - 1);
    await refused(
      engine.tasker.updateTask(taskId, { reason: 'x', ifRevision: stale }),
      'REVISION_CONFLICT',
    );
    await refused(
      engine.tasker.updateTask(taskId, { reason: 'x', ifRevision: "1'" }),
      'INVALID_REQUEST',
    );
    await refused(
      engine.tasker.updateTask(taskId + 999, { reason: 'x', ifRevision: stale }),
      'TASK_NOT_FOUND',
    );
    await engine.finish();
  });
});
