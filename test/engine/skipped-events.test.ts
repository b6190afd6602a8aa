import { describe, expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { pgliteDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, recordEvents } from './lab.ts';

describe('bypassed steps [pglite]', () => {
  const database = pgliteDatabase();

  test('are told as skipped when the task is created, and the task as complete when none is left', async () => {
    const task = defineTask({ name: 'optional', identity: 'none' }, (t) => {
      const one = t.step('one', { skippable: true }, () => 1);
      t.step('two', { skippable: true, dependsOn: { one } }, () => 2);
    });
    const engine = await startEngine(database, { worker: false });
    const events = recordEvents(engine.tasker, ['task.created', 'step.skipped', 'task.completed']);

    const { taskId: some } = await engine.tasker.create(task, {
      context: {},
      ...by,
      bypassSteps: ['two'],
    });
    const { taskId: all } = await engine.tasker.create(task, {
      context: {},
      ...by,
      bypassSteps: ['one', 'two'],
    });

    expect(events).toEqual([
      { name: 'task.created', payload: { taskId: some, name: 'optional' } },
      { name: 'step.skipped', payload: { taskId: some, step: 'two', attempt: 0 } },
      { name: 'task.created', payload: { taskId: all, name: 'optional' } },
      { name: 'step.skipped', payload: { taskId: all, step: 'one', attempt: 0 } },
      { name: 'step.skipped', payload: { taskId: all, step: 'two', attempt: 0 } },
      { name: 'task.completed', payload: { taskId: all } },
    ]);
    expect((await engine.tasker.task(all)).status).toBe('complete');
    await engine.finish();
  });
});
