import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { Db } from '../../src/db/db.ts';
import { TaskerError } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { by, settled } from './lab.ts';

const request = { ...by, context: {} };

describeOnEachDatabase('a task that is created beside an idle worker', (database) => {
  test('begins with the statement that creates it', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'quick', identity: 'none' }, (t) => {
      const one = t.step('one', {}, () => 1);
      const two = t.step('two', {}, () => 2);
      t.step('sum', { dependsOn: { one, two } }, ({ deps }) => deps.one + deps.two);
    });
    await until('the worker is idle', async () => {
      const { taskId } = await engine.tasker.create(task, request);
      await engine.tasker.waitFor(taskId);
      const { createdAt, startedAt } = await engine.tasker.task(taskId);
      return startedAt?.getTime() === createdAt.getTime();
    });
    const { tasks } = await engine.tasker.tasks();
    const [taskId = 0] = tasks.map((each) => each.taskId);
    expect((await engine.tasker.steps(taskId)).map((step) => step.results)).toEqual([1, 2, 3]);
    expect((await engine.tasker.attempts(taskId)).map((each) => each.attempt)).toEqual([1, 1, 1]);
    await engine.finish();
  });

  test('waits in the queue when the slots are taken', async () => {
    const engine = await startEngine(database, { worker: { concurrency: 1 } });
    const held = gate();
    const ran: number[] = [];
    const task = defineTask({ name: 'held' }, (t) => {
      t.step('only', {}, async ({ task: { id } }) => {
        ran.push(id);
        await held.opened;
      });
    });
    const first = await engine.tasker.create(task, request);
    await until('the first one runs', () => ran.length === 1);

    const second = await engine.tasker.create(task, { ...request, context: { n: 2 } });

    expect((await engine.tasker.step(second.taskId, 'only')).status).toBe('pending');
    held.open();
    await settled(engine.tasker, first.taskId);
    await settled(engine.tasker, second.taskId);
    expect(ran).toEqual([first.taskId, second.taskId]);
    await engine.finish();
  });

  test('waits in the queue when not all of its first steps find a slot', async () => {
    // With polling this far apart, a worker that has found the queue empty takes new tasks on until it is told of work.
    const engine = await startEngine(database, { worker: { concurrency: 2, pollInterval: '60s' } });
    const held = gate();
    const running: string[] = [];
    const hold = async (name: string): Promise<void> => {
      running.push(name);
      await held.opened;
    };
    const quick = defineTask({ name: 'quick', identity: 'none' }, (t) => {
      t.step('only', {}, () => 1);
    });
    const one = defineTask({ name: 'one' }, (t) => void t.step('a', {}, () => hold('a')));
    const two = defineTask({ name: 'two' }, (t) => {
      t.step('b', {}, () => hold('b'));
      t.step('c', {}, () => hold('c'));
    });
    await until('the worker is idle', async () => {
      const { taskId } = await engine.tasker.create(quick, request);
      await engine.tasker.waitFor(taskId);
      const { createdAt, startedAt } = await engine.tasker.task(taskId);
      return startedAt?.getTime() === createdAt.getTime();
    });
    const first = await engine.tasker.create(one, request);

    const second = await engine.tasker.create(two, request);

    await until('the free slot is used', () => running.length >= 2);
    expect(running.length).toBe(2);
    const waiting = (await engine.tasker.steps(second.taskId)).filter(
      (s) => s.status === 'pending',
    );
    expect(waiting.length).toBe(1);
    held.open();
    await settled(engine.tasker, first.taskId);
    await settled(engine.tasker, second.taskId);
    await engine.finish();
  });

  test('goes into the queue when the worker was declared lost, and runs once it has a new registration', async () => {
    const engine = await startEngine(database, { worker: { heartbeat: '1s' } });
    await engine.sql('update {schema}.workers set lost_at = {schema}.clock()');
    const task = defineTask({ name: 'lost' }, (t) => {
      t.step('only', {}, ({ step }) => step.attempt);
    });

    const { taskId } = await engine.tasker.create(task, request);

    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    const [{ workerId } = { workerId: null }] = await engine.tasker.attempts(taskId);
    expect(workerId).toBeGreaterThan(1);
    await engine.finish();
  });

  test('runs once when its statement was stored and the answer was lost', async () => {
    let lost = 0;
    const losing = (db: Db): Db => ({
      ...db,
      async query(statement) {
        const answer = await db.query(statement);
        if (!/insert into \S+workflow_steps/.test(statement.text) || lost > 0) return answer;
        lost += 1;
        throw new TaskerError('DATABASE_UNAVAILABLE', { problem: 'the connection broke' });
      },
    });
    const engine = await startEngine(database, {}, losing);
    let runs = 0;
    const task = defineTask({ name: 'doubt' }, (t) => {
      t.step('only', {}, () => {
        runs += 1;
      });
    });

    await expect(engine.tasker.create(task, request)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });

    await settled(engine.tasker, 1);
    expect([lost, runs]).toEqual([1, 1]);
    await engine.finish();
  });
});
