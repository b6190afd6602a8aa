import { expect, test } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import type { TaskChange } from '../../src/engine/changes.ts';
import { ChangeFeed } from '../../src/engine/changes.ts';
import { createInProcessDispatcher } from '../../src/dispatch/in-process.ts';
import type { TaskerEvents } from '../../src/engine/types.ts';
import { Emitter } from '../../src/kernel/emitter.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { by } from '../engine/lab.ts';
import { startEngine, until } from '../support/engine.ts';

const request = { context: {}, ...by };
const greet = defineTask({ name: 'greet', identity: 'none' }, (t) => {
  t.step('hello', {}, () => 'hello');
});

/** Ids that were told of, and how often everything was. */
function recorder() {
  const ids = new Set<number>();
  let everything = 0;
  return {
    ids,
    everything: () => everything,
    listen(change: TaskChange): void {
      if ('everything' in change) everything += 1;
      else for (const id of change.taskIds) ids.add(id);
    },
  };
}

/** Counts the statements whose text has this in it. */
function counting(part: string, seen: { count: number }): (db: Db) => Db {
  return (db) => ({
    ...db,
    kind: db.kind,
    threadConnection: db.threadConnection,
    query(statement) {
      if (statement.text.includes(part)) seen.count += 1;
      return db.query(statement);
    },
  });
}

describeOnEachDatabase('hints that tasks changed', (database) => {
  test('come from this process for every task that is created and run, and no more after unsubscribing', async () => {
    const engine = await startEngine(database);
    const told = recorder();
    const off = engine.tasker.onChange((change) => told.listen(change));

    const { taskId } = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(taskId);
    await until('the hint came', () => told.ids.has(taskId));
    off();
    const later = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(later.taskId);

    expect(told.ids.has(later.taskId)).toBe(false);
    await engine.finish();
  });

  test('cost no statement while nobody watches elsewhere', async () => {
    const seen = { count: 0 };
    const engine = await startEngine(database, {}, counting('pg_notify', seen));
    const told = recorder();
    engine.tasker.onChange((change) => told.listen(change));
    await engine.tasker.create(greet, request);
    await until('the task was told of', () => told.ids.size > 0);

    // work hints, and at most one announcement
    expect(seen.count).toBeLessThanOrEqual(database.kind === 'pglite' ? 0 : 12);
    await engine.finish();
  });

  test('do not come from a listener that throws to the others', async () => {
    const engine = await startEngine(database);
    const told = recorder();
    engine.tasker.onChange(() => {
      throw new Error('mine');
    });
    engine.tasker.onChange((change) => told.listen(change));

    const { taskId } = await engine.tasker.create(greet, request);

    await until('the hint came', () => told.ids.has(taskId));
    await engine.finish();
  });

  test('lead to what a task looks like, in one statement, with a revision that every change changes', async () => {
    const engine = await startEngine(database);
    await engine.tasker.register(greet);
    const made = await engine.tasker.createMany('greet', [request, request]);
    const ids = made.map(({ taskId }) => taskId);
    for (const id of ids) await engine.tasker.waitFor(id);

    const [before, other] = await engine.tasker.progress(ids);
    expect(before).toMatchObject({
      task: { taskId: ids[0], name: 'greet', status: 'complete' },
      steps: { complete: 1, pending: 0, error: 0 },
    });
    expect(other?.task.taskId).toBe(ids[1]);
    expect(await engine.tasker.revisions({ taskIds: ids })).toEqual(
      [before, other].map((seen) => ({
        taskId: seen?.task.taskId,
        isOpen: false,
        revision: seen?.revision,
      })),
    );
    await engine.tasker.updateTask(ids[0] ?? 0, { reason: 'another' });
    const after = await engine.tasker.revisions({ taskIds: [], newest: 2 });

    expect(after.map((seen) => seen.taskId)).toEqual(ids);
    expect(after[0]?.revision).not.toBe(before?.revision);
    expect(after[1]?.revision).toBe(other?.revision);
    await engine.finish();
  });
});

describeOnPostgres('hints from other processes', () => {
  const database = postgresDatabase();

  test('come once they have heard that somebody watches', async () => {
    const watcher = await startEngine(database, { worker: false });
    const other = await startEngine(database, { schema: watcher.schema });
    const told = recorder();
    watcher.tasker.onChange((change) => told.listen(change));

    await until('a task of the other one is told of', async () => {
      const { taskId } = await other.tasker.create(greet, request);
      await other.tasker.waitFor(taskId);
      return told.ids.size > 0;
    });

    await watcher.tasker.stop();
    await other.finish();
  });

  test('that nobody watches are not sent, and their engines build no events', async () => {
    const events = new Emitter<TaskerEvents>(() => undefined);
    const feed = new ChangeFeed(events, silentLogger);
    const dispatcher = createInProcessDispatcher();
    feed.connect(dispatcher);

    expect(events.has('step.completed')).toBe(false);
    const off = feed.onChange(() => undefined);
    expect(events.has('step.completed')).toBe(true);
    off();
    expect(events.has('step.completed')).toBe(false);
    feed.disconnect();
  });
});
