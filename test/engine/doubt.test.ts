import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { Db, Statement } from '../../src/db/db.ts';
import { TaskerError } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, settled } from './lab.ts';

/** Stands in a result, so that the statement which stores it is known whatever it looks like. */
const MARK = 'the result of one';

/** A database whose connection breaks once, at the statement that stores the marked result: before or after it has been stored. */
function breaking(when: 'before' | 'after'): {
  readonly between: (db: Db) => Db;
  readonly times: () => number;
} {
  let times = 0;
  const broken = () => new TaskerError('DATABASE_UNAVAILABLE', { problem: 'the connection broke' });
  const isIt = (statement: Statement): boolean =>
    times === 0 && JSON.stringify(statement.values ?? []).includes(MARK);
  return {
    times: () => times,
    between: (db) => ({
      ...db,
      async query(statement) {
        if (!isIt(statement)) return db.query(statement);
        times += 1;
        if (when === 'after') await db.query(statement);
        throw broken();
      },
    }),
  };
}

describeOnEachDatabase('a result whose statement broke', (database) => {
  const runOnce = async (when: 'before' | 'after') => {
    const { between, times } = breaking(when);
    const engine = await startEngine(database, {}, between);
    const runs: string[] = [];
    const task = defineTask({ name: 'doubtful' }, (t) => {
      const one = t.step('one', {}, () => {
        runs.push('one');
        return MARK;
      });
      t.step('two', { dependsOn: { one } }, ({ deps }) => void runs.push(`two after ${deps.one}`));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['one complete', 'two complete']);
    expect(times()).toBe(1);
    expect(runs).toEqual(['one', `two after ${MARK}`]);
    expect((await engine.tasker.attempts(taskId)).map((each) => each.attempt)).toEqual([1, 1]);
    await engine.finish();
  };

  test('before it was stored is stored by the next one, and nothing runs twice', async () => {
    await runOnce('before');
  });

  test('after it was stored counts, and the step that it gave to the worker runs once', async () => {
    await runOnce('after');
  });
});
