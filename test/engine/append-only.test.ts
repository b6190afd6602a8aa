import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, operator, settled } from './lab.ts';

describeOnEachDatabase('the history', (database) => {
  test('of attempts and of operators cannot be changed or deleted, not even with SQL', async () => {
    const task = defineTask({ name: 'history' }, (t) => {
      t.step('fragile', { retryLimit: 1 }, () => {
        throw new Error('no');
      });
    });
    const engine = await startEngine(database);
    const { taskId } = await engine.tasker.create(task, { context: {}, ...by });
    await settled(engine.tasker, taskId);
    await engine.tasker.resolveTask(taskId, operator);
    const refused = (text: string) => expect(engine.sql(text)).rejects.toThrow(/append-only/);

    await refused(`update {schema}.step_attempts set outcome = 'lost'`);
    await refused(`delete from {schema}.step_attempts`);
    await refused(`update {schema}.operator_log set actor = 'nobody'`);
    await refused(`delete from {schema}.operator_log`);

    expect((await engine.tasker.attempts(taskId)).map((attempt) => attempt.outcome)).toEqual([
      'error',
    ]);
    expect((await engine.tasker.operatorLog(taskId))[0]?.actor).toBe(operator.actor);
    await engine.finish();
  });
});
