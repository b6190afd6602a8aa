import { expect, test } from 'vitest';
import type { Connection, Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import type { TaskCursor, TaskListRequest } from '../../src/engine/list-types.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { by, refused } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';

const task = defineTask({ name: 'paged', identity: 'none' }, (t) => {
  const first = t.step('first', {}, () => 1);
  t.step('second', { dependsOn: { first } }, () => 2);
});

async function create(
  tasker: Tasker,
  count: number,
  requestedAt?: Date,
): Promise<readonly number[]> {
  await tasker.register(task);
  const request = { ...by, context: {}, ...(requestedAt && { requestedAt }) };
  const created = await tasker.createMany(
    'paged',
    Array.from({ length: count }, () => request),
  );
  return created.map(({ taskId }) => taskId);
}

/** Every page of a list; `between` runs after each. */
async function allPages(
  tasker: Tasker,
  request: TaskListRequest,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly number[]> {
  const ids: number[] = [];
  let after: TaskCursor | null = null;
  do {
    const page = await tasker.tasks({ ...request, ...(after && { after }) });
    ids.push(...page.tasks.map(({ taskId }) => taskId));
    after = page.next;
    await between();
  } while (after !== null);
  return ids;
}

describeOnEachDatabase('a list of tasks', (database) => {
  test('read page by page while tasks are added has each old one once, newest first', async () => {
    const engine = await startEngine(database, { worker: false });
    const old = await create(engine.tasker, 25);
    for (const sortBy of ['task_id', 'created_at', 'requested_at'] as const) {
      const before = await allPages(engine.tasker, { sortBy, limit: 200 });
      const during = await allPages(engine.tasker, { sortBy, limit: 7 }, () =>
        create(engine.tasker, 3),
      );
      expect(during).toEqual(before);
    }
    expect((await allPages(engine.tasker, { limit: 200, sortOrder: 'asc' })).slice(0, 25)).toEqual(
      old,
    );
    await engine.finish();
  });

  test('oldest first reaches tasks that were added meanwhile', async () => {
    const engine = await startEngine(database, { worker: false });
    const ids = [...(await create(engine.tasker, 5))];
    let rounds = 0;
    const found = await allPages(engine.tasker, { sortOrder: 'asc', limit: 2 }, async () => {
      rounds += 1;
      if (rounds <= 2) ids.push(...(await create(engine.tasker, 1)));
    });
    expect(found).toEqual(ids);
    await engine.finish();
  });

  test('by request keeps tasks of one moment apart, and moments that differ by less than a millisecond', async () => {
    const engine = await startEngine(database, { worker: false });
    const ids = await create(engine.tasker, 10, new Date('2026-01-01T00:00:00Z'));
    await engine.sql(
      `update {schema}.tasks set requested_at = requested_at + interval '1 microsecond' * (task_id * 7 % 10 / 2)`,
    );
    const rows = await engine.sql(
      'select task_id from {schema}.tasks order by requested_at desc, task_id desc',
    );
    const found = await allPages(engine.tasker, { sortBy: 'requested_at', limit: 3 });
    expect(found).toEqual(rows.map((row) => row['task_id']));
    expect(found.toSorted((a, b) => a - b)).toEqual(ids);
    await engine.finish();
  });

  test('skips by offset, and leaves what is too deep to cursors', async () => {
    const engine = await startEngine(database, { worker: false });
    const ids = (await create(engine.tasker, 12)).toReversed();
    const page = await engine.tasker.tasks({ offset: 5, limit: 4 });
    expect(page.tasks.map(({ taskId }) => taskId)).toEqual(ids.slice(5, 9));
    const rest = await engine.tasker.tasks({ limit: 200, ...(page.next && { after: page.next }) });
    expect(rest.tasks.map(({ taskId }) => taskId)).toEqual(ids.slice(9));
    expect(await engine.tasker.tasks({ offset: 500 })).toEqual({ tasks: [], next: null });
    await expect(engine.tasker.tasks({ offset: 10_001 })).rejects.toThrow(/offset.*after/);
    await engine.finish();
  });

  test('refuses what it cannot mean, naming the field', async () => {
    const engine = await startEngine(database, { worker: false });
    const wrong: readonly (readonly [RegExp, unknown])[] = [
      [/limit/, { limit: 0 }],
      [/limit/, { limit: 201 }],
      [/offset/, { offset: -1 }],
      [/offset/, { offset: 1.5 }],
      [/sortBy/, { sortBy: 'context' }],
      [/sortOrder/, { sortOrder: 'random' }],
      [/after/, { after: { taskId: -1, at: null } }],
      [/after/, { sortBy: 'requested_at', after: { taskId: 1, at: null } }],
      [/status/, { status: ['done'] }],
      [/stepStatus/, { stepStatus: 'error' }],
      [/name/, { name: '' }],
      [/tag/, { tag: 'a\u0000b' }],
      [/initiator/, { initiator: 'x'.repeat(129) }],
      [/createdFrom/, { createdFrom: new Date(NaN) }],
      [/createdTo/, { createdTo: new Date(-1e15) }],
      [/context\[0\]\.path/, { context: [{ path: 'a..b', value: 1 }] }],
      [
        /context\[1\]\.value/,
        {
          context: [
            { path: 'a', value: 1 },
            { path: 'b', value: NaN },
          ],
        },
      ],
      [/context/, { context: Array.from({ length: 11 }, () => ({ path: 'a', value: 1 })) }],
      [/annotation\.type/, { annotation: { type: '', key: 'a', value: 'b' } }],
    ];
    for (const [named, request] of wrong) {
      const answer = engine.tasker.tasks(request as TaskListRequest); // sound: what a caller without types can send
      await expect(answer, JSON.stringify(request)).rejects.toThrow(named);
      await refused(answer, 'INVALID_REQUEST');
    }
    await refused(engine.tasker.countTasks({}, { upTo: 0 }), 'INVALID_REQUEST');
    await refused(
      engine.tasker.tasksByIds(Array.from({ length: 201 }, (_, id) => id + 1)),
      'INVALID_REQUEST',
    );
    await engine.finish();
  });

  test('of 200 tasks, with all their steps and notes, takes the same few statements as one of 2', async () => {
    let count = 0;
    const engine = await startEngine(database, { worker: false }, (db) =>
      counting(db, () => {
        count += 1;
      }),
    );
    const ids = await create(engine.tasker, 220);
    for (const taskId of ids.slice(0, 3)) await engine.tasker.annotate(taskId, 'note', { taskId });
    const used: number[] = [];
    for (const limit of [2, 200]) {
      count = 0;
      const page = await engine.tasker.tasks({ name: 'paged', limit, sortOrder: 'asc' });
      const pageIds = page.tasks.map(({ taskId }) => taskId);
      const steps = await engine.tasker.stepsOfTasks(pageIds);
      const notes = await engine.tasker.annotationsOfTasks(pageIds);
      used.push(count);
      expect(pageIds).toEqual(ids.slice(0, limit));
      expect([...steps.keys()]).toEqual(pageIds);
      expect([...steps.values()].every((own) => own.length === 2)).toBe(true);
      expect([...notes.keys()]).toEqual(ids.slice(0, Math.min(3, limit)));
    }
    expect(used).toEqual([4, 4]);
    const [one] = ids;
    expect((await engine.tasker.stepsOfTasks([one ?? 0])).get(one ?? 0)).toEqual(
      await engine.tasker.steps(one ?? 0),
    );
    await engine.finish();
  });

  test('by ids answers those that exist, in the order of the ids', async () => {
    const engine = await startEngine(database, { worker: false });
    const [a = 0, b = 0] = await create(engine.tasker, 2);
    const found = await engine.tasker.tasksByIds([b, 2 ** 36, -1, a, b]);
    expect(found.map(({ taskId }) => taskId)).toEqual([b, a]);
    expect((await engine.tasker.stepsOfTasks([b, 2 ** 36])).size).toBe(1);
    await engine.finish();
  });
});

/** The same database, telling every statement. */
function counting(db: Db, tell: () => void): Db {
  const counted = (connection: Connection): Connection => ({
    query(statement) {
      tell();
      return connection.query(statement);
    },
  });
  return {
    kind: db.kind,
    threadConnection: db.threadConnection,
    durability: () => db.durability(),
    ...counted(db),
    transaction: (work) =>
      db.transaction((tx) => work({ ...counted(tx), script: (text) => tx.script(text) })),
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => db.close(),
  };
}
