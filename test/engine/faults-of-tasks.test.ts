import { expect, test } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase, type TestDatabase } from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import { breathe, by, operator, recordEvents, rowCounts, settled } from './lab.ts';

/* One short test for each known fault of the original that concerns tasks as wholes, operators and notes; see faults.test.ts. */

/** The same database, with its statements counted. */
function counted(database: TestDatabase): TestDatabase & { readonly count: () => number } {
  let statements = 0;
  const counting = (db: Db): Db => ({
    kind: db.kind,
    threadConnection: db.threadConnection,
    durability: () => db.durability(),
    query: (statement) => ((statements += 1), db.query(statement)),
    transaction: (work) => ((statements += 3), db.transaction(work)), // begin, at least one statement, commit
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => db.close(),
  });
  return { ...database, db: () => counting(database.db()), count: () => statements };
}

describeOnEachDatabase('faults of the original: tasks, operators, notes', (database) => {
  test('B23 and B24 whatever goes wrong around a handler ends its attempt: no loop, no task stuck in progress', async () => {
    const engine = await startEngine(database);
    class WithoutCall {
      readonly config = 1;
    }
    class FailsToBeMade {
      constructor() {
        throw new Error('no configuration');
      }
      call(): number {
        return 1;
      }
    }
    engine.tasker.handler('without call', WithoutCall);
    engine.tasker.handler('fails to be made', FailsToBeMade);
    const task = defineTask({ name: 'around', retryLimit: 2, backoff: 'none' }, (t) => {
      t.step('a', {}, 'without call');
      t.step('b', {}, 'fails to be made');
      t.step('c', {}, () => ({
        // oxlint-disable-next-line no-thenable -- handlers may return one, so its faults are theirs
        then: () => {
          throw new Error('a bad thenable');
        },
      }));
      t.step('d', {}, () => new Map());
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'a error',
      'b error',
      'c error',
      'd error',
    ]);
    expect((await engine.tasker.steps(taskId)).every((step) => step.attempts <= 2)).toBe(true);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'error' });
    await engine.finish();
  });

  test('B25 type and key are matched on one annotation, and a task is found once', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'notes' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.annotate(taskId, 'one', { key: 'x' });
    await engine.tasker.annotate(taskId, 'two', { key: 'y', other: 'y' });
    const find = (type: string, value: string) =>
      engine.tasker.tasksByAnnotation({ type, key: 'key', value });
    expect(await find('one', 'y')).toEqual([]);
    expect(await find('two', 'y')).toHaveLength(1);
    await engine.finish();
  });

  test('B26 reversed pairs written at once are one row', async () => {
    const engine = await startEngine(database, { worker: false });
    const [a, b] = [
      { system: 'a', id: '1' },
      { system: 'b', id: '2' },
    ] as const;
    await Promise.all(
      [0, 1, 2, 3].map((n) =>
        n % 2 ? engine.tasker.mapObjects(a, b) : engine.tasker.mapObjects(b, a),
      ),
    );
    expect(await rowCounts(engine)).toMatchObject({ dependent_system_object_maps: 1 });
    await engine.finish();
  });

  test('B32 a cancelled task stays cancelled when its running step finishes', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['task.completed', 'task.failed', 'step.completed']);
    const hold = gate();
    const running = gate();
    const task = defineTask({ name: 'stays' }, (t) => {
      const only = t.step('only', {}, async () => {
        running.open();
        await hold.opened;
      });
      t.step('after', { dependsOn: { only } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    await engine.tasker.cancelTask(taskId, operator);
    hold.open();
    await breathe(50);
    expect(await engine.tasker.task(taskId)).toMatchObject({
      status: 'cancelled',
      complete: false,
    });
    expect(events).toEqual([]);
    await engine.finish();
  });

  test('B33 a higher limit revives an errored task, and B37 edited inputs are what the handler sees', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'edited' }, (t) => {
      t.step('only', { retryLimit: 1 }, ({ context }) => {
        if (Reflect.get(Object(context), 'ok') !== true) throw new Error('not ok');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: { ok: false } });
    expect(await settled(engine.tasker, taskId)).toEqual(['only error']);
    await engine.tasker.updateStep(taskId, 'only', {
      ...operator,
      inputs: { ok: true },
      retryLimit: 2,
    });
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    await engine.finish();
  });

  test('B36 a task of 202 steps takes far fewer statements than steps', async () => {
    const counting = counted(database);
    const engine = await startEngine(counting, {
      worker: { pollInterval: '10s', concurrency: 100 },
    });
    const task = defineTask({ name: 'cheap' }, (t) => {
      const root = t.step('root', {}, () => 1);
      const leaves = Array.from({ length: 200 }, (_, n) =>
        t.step(`s${n}`, { dependsOn: { root } }, () => n),
      );
      t.step(
        'end',
        { dependsOn: Object.fromEntries(leaves.map((leaf) => [leaf.name, leaf])) },
        () => 1,
      );
    });
    await engine.tasker.register(task);
    const before = counting.count();
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId, { timeout: '30s' });
    expect(counting.count() - before).toBeLessThan(101);
    await engine.finish();
  });

  test('B38 notes that cannot be stored end their attempt, not the task', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'noted', backoff: 'none' }, (t) => {
      t.step('only', {}, ({ annotate, step }) =>
        annotate('n', step.attempt === 1 ? { bad: '\u0000' } : { good: true }),
      );
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect((await engine.tasker.annotations(taskId)).map((note) => note.annotation)).toEqual([
      { good: true },
    ]);
    await engine.finish();
  });

  test('B39 work is found although no hint was ever sent', async () => {
    const creator = await startEngine(database, { worker: false, notify: false });
    const task = defineTask({ name: 'unhinted' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await creator.tasker.create(task, { ...by, context: {} });
    const worker = await startEngine(database, { schema: creator.schema, notify: false });
    await worker.tasker.register(task);
    expect(await settled(worker.tasker, taskId)).toEqual(['only complete']);
    await creator.tasker.stop();
    await worker.finish();
  });
});
