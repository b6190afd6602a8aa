import { expect, test } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import type { TaskChange } from '../../src/engine/changes.ts';
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

/** Keeps what is sent to other processes. */
function listeningIn(payloads: string[]): (db: Db) => Db {
  return (db) => ({
    ...db,
    query(statement) {
      if (statement.name === 'tasker.notify') payloads.push(String(statement.values?.[1]));
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

  test('are not sent to other processes while none of them watches', async () => {
    const payloads: string[] = [];
    const engine = await startEngine(database, {}, listeningIn(payloads));
    const told = recorder();
    engine.tasker.onChange((change) => told.listen(change));
    const { taskId } = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(taskId);
    await until('the task was told of', () => told.ids.has(taskId));
    await engine.finish();

    const kinds = new Set(payloads.map((payload) => payload.split(':')[0]));
    kinds.delete('work'); // sent only when no worker takes the step on at once
    expect(kinds).toEqual(new Set(database.kind === 'pglite' ? [] : ['watching']));
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
});
