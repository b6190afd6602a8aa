import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { Db, Statement } from '../../src/db/db.ts';
import { TaskerError } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, recordEvents, settled } from './lab.ts';

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

describeOnEachDatabase('a failure whose statement broke', (database) => {
  test('before it was stored is stored by the next one, and costs one attempt', async () => {
    const { between, times } = breaking('before');
    const engine = await startEngine(database, {}, between);
    const runs: number[] = [];
    const task = defineTask({ name: 'failing', backoff: 'none' }, (t) => {
      t.step('only', {}, ({ step }) => {
        runs.push(step.attempt);
        if (step.attempt === 1) throw new Error(MARK);
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect([times(), runs]).toEqual([1, [1, 2]]);
    const outcomes = (await engine.tasker.attempts(taskId)).map((each) => each.outcome);
    expect(outcomes).toEqual(['error', 'success']);
    await engine.finish();
  });

  test('after it was stored counts, and the attempt that has begun since runs once', async () => {
    let times = 0;
    const runs: number[] = [];
    const again = gate();
    const between = (db: Db): Db => ({
      ...db,
      async query(statement) {
        if (times > 0 || !JSON.stringify(statement.values ?? []).includes(MARK))
          return db.query(statement);
        times += 1;
        await db.query(statement);
        await again.opened; // the next attempt is claimed before the answer gets lost
        throw new TaskerError('DATABASE_UNAVAILABLE', { problem: 'the connection broke' });
      },
    });
    const engine = await startEngine(database, {}, between);
    const task = defineTask({ name: 'failing', backoff: 'none' }, (t) => {
      t.step('only', {}, ({ step }) => {
        runs.push(step.attempt);
        if (step.attempt === 1) throw new Error(MARK);
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const held = `select 1 from {schema}.workflow_steps where task_id = $1 and attempts = 2`;
    await until('the next attempt is claimed', async () => {
      return (await engine.sql(held, [taskId])).length === 1;
    });
    again.open();
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect([times, runs]).toEqual([1, [1, 2]]);
    const outcomes = (await engine.tasker.attempts(taskId)).map((each) => each.outcome);
    expect(outcomes).toEqual(['error', 'success']);
    await engine.finish();
  });
});

describeOnEachDatabase('a worker', (database) => {
  test('that stops signs off only after its last result is stored', async () => {
    const told: string[] = [];
    const slow = (db: Db): Db => ({
      ...db,
      async query(statement) {
        const isResult = JSON.stringify(statement.values ?? []).includes(MARK);
        if (isResult) await breathe(200); // so that whoever does not wait for it is through by then
        if (/set stopped_at/.test(statement.text)) told.push('signed off');
        const answer = await db.query(statement);
        if (isResult) told.push('stored');
        return answer;
      },
    });
    const engine = await startEngine(database, {}, slow);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'last' }, (t) => {
      t.step('only', {}, async () => {
        running.open();
        await release.opened;
        return MARK;
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const stopping = engine.tasker.stop();
    release.open();
    await stopping;
    await until('the result is stored', () => told.includes('stored'));
    expect(told).toEqual(['stored', 'signed off']);
    const { rows } = await engine.db.query({
      text: `select status::text from ${engine.schema}.tasks where task_id = $1`,
      values: [taskId],
    });
    expect(rows).toEqual([{ status: 'complete' }]);
    await engine.finish();
  });

  test('that is idle finds by polling what another process stored without a hint', async () => {
    const engine = await startEngine(database, { notify: false });
    const ran: number[] = [];
    const task = defineTask({ name: 'quiet', version: '1.0.0', identity: 'none' }, (t) => {
      t.step('only', {}, ({ task: { id } }) => void ran.push(id));
    });
    await until('the worker has found the queue empty, and takes a new task on', async () => {
      const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
      await engine.tasker.waitFor(taskId);
      const { createdAt, startedAt } = await engine.tasker.task(taskId);
      return startedAt?.getTime() === createdAt.getTime();
    });
    const other = await startEngine(database, {
      schema: engine.schema,
      worker: false,
      notify: false,
    });
    const { taskId } = await other.tasker.create(task, { ...by, context: {} });
    await until('the task runs', () => ran.includes(taskId));
    await engine.tasker.waitFor(taskId);
    await other.tasker.stop();
    await engine.finish();
  });

  test('does not hear a handler that answers after its timeout', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['step.lease_lost', 'step.completed']);
    const late = gate();
    const task = defineTask({ name: 'late' }, (t) => {
      t.step('only', { timeout: '50ms', retryLimit: 1 }, async () => {
        await late.opened;
        return 'too late';
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['only error']);
    late.open();
    const after = defineTask({ name: 'after' }, (t) => void t.step('next', {}, () => 1));
    const next = await engine.tasker.create(after, { ...by, context: {} });
    expect(await settled(engine.tasker, next.taskId)).toEqual(['next complete']);
    expect(events.map(({ name, payload }) => [name, Reflect.get(payload, 'step')])).toEqual([
      ['step.completed', 'next'], // stored after whatever the late answer had brought about
    ]);
    await engine.finish();
  });
});
