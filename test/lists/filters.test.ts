import { expect, test } from 'vitest';
import type { TaskFilter, TaskListRequest } from '../../src/engine/list-types.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { expectedIds, matches, storeTasks, type StoredTask } from './stored-tasks.ts';

const DAY_MS = 86_400_000;

/** More than the longest walk looks at on a server; on PGlite, more than the shortest. */
const COUNT = { postgres: 21_000, pglite: 5_000 } as const;
const ROUNDS = { postgres: 60, pglite: 25 } as const;

/** One of each filter, for values of every frequency. */
function filtersOf(newest: Date): readonly TaskFilter[] {
  const ago = (days: number): Date => new Date(newest.getTime() - days * DAY_MS);
  return [
    {},
    { status: ['error'] },
    { status: ['pending', 'in_progress'] },
    { status: ['resolved_manually'] },
    { status: ['complete', 'cancelled'] },
    { status: [] },
    { name: 'task_1' },
    { name: 'task_12' },
    { name: 'no_such_task' },
    { namespace: 'space_1' },
    { namespaces: ['space_0', 'space_2'] },
    { namespaces: [] },
    { version: '1.0.0' },
    { tag: 'region_3' },
    { tag: 'vip' },
    { tag: 'audit' },
    { tag: 'no such tag' },
    { initiator: 'web' },
    { initiator: 'user_123' },
    { sourceSystem: 'legacy' },
    { createdFrom: ago(40), createdTo: ago(39) },
    { createdFrom: ago(1) },
    { createdTo: ago(89) },
    { context: [{ path: 'order_id', value: 77 }] },
    { context: [{ path: 'cart.id', value: 400 }] },
    {
      context: [
        { path: 'country', value: 'de' },
        { path: 'order_id', value: 3_000 },
      ],
    },
    { context: [{ path: 'cart', value: null }] },
    { stepStatus: ['in_progress'] },
    { stepStatus: ['error', 'cancelled'] },
    { stepStatus: ['complete'] },
    { stepStatus: ['skipped'] },
    { dependentSystem: 'rare_system' },
    { dependentSystem: 'system_0', stepStatus: ['error'] },
    { dependentSystem: 'system_2', stepStatus: ['error'] },
    { annotation: { type: 'order', key: 'ticket', value: 'T-500' } },
    { annotation: { type: 'order', key: 'level', value: '1' } },
    { annotation: { type: 'support', key: 'level', value: '2' } },
    { annotation: { type: 'no such type', key: 'level', value: '2' } },
  ];
}

describeOnEachDatabase('a filter', (database) => {
  test('finds exactly the tasks that it means, in order, page by page, alone and with others', async () => {
    const engine = await startEngine(database, { worker: false });
    const tasks = await storeTasks(engine, COUNT[database.kind]);
    const newest = new Date(Math.max(...tasks.map((task) => task.createdAt.getTime())));
    const filters = filtersOf(newest);
    for (const filter of filters) {
      await agrees(engine, tasks, filter, {});
      await agrees(engine, tasks, filter, { sortBy: 'requested_at' });
    }
    const seed = Math.floor(Math.random() * 2 ** 31);
    const pick = picker(seed);
    for (let round = 0; round < ROUNDS[database.kind]; round += 1) {
      const filter = { ...pick(filters), ...pick(filters), ...pick(filters) };
      const order = {
        sortBy: pick(['task_id', 'requested_at', 'created_at'] as const),
        sortOrder: pick(['asc', 'desc'] as const),
      };
      const limit = pick([1, 7, 20, 200]);
      await agrees(engine, tasks, filter, { ...order, limit }, `seed ${seed}, round ${round}`);
    }
    await engine.tasker.stop();
  }, 120_000);

  test('counts what it finds, and says when it only counted a part', async () => {
    const engine = await startEngine(database, { worker: false });
    const tasks = await storeTasks(engine, COUNT[database.kind]);
    const newest = new Date(Math.max(...tasks.map((task) => task.createdAt.getTime())));
    for (const filter of filtersOf(newest)) {
      const real = tasks.filter((task) => matches(task, filter)).length;
      const { count, exact } = await engine.tasker.countTasks(filter);
      expect({ filter, agrees: exact ? count === real : count <= real }).toEqual({
        filter,
        agrees: true,
      });
      if (real <= 500 && filter.stepStatus === undefined)
        expect({ filter, exact }).toEqual({ filter, exact: true });
    }
    expect(await engine.tasker.countTasks({ tag: 'vip' }, { upTo: 10 })).toEqual({
      count: 10,
      exact: false,
    });
    await engine.tasker.stop();
  }, 120_000);
});

/** Reads a list to its end, or its first 10 pages of tasks, and compares; short pages are followed by their cursor. */
async function agrees(
  engine: Engine,
  tasks: readonly StoredTask[],
  filter: TaskFilter,
  paging: Pick<TaskListRequest, 'sortBy' | 'sortOrder' | 'limit'>,
  at = '',
): Promise<void> {
  const expected = expectedIds(tasks, filter, paging);
  const found: number[] = [];
  let request: TaskListRequest | null = { ...filter, ...paging };
  for (let page = 0; page < 10 && request !== null; page += 1) {
    const answer = await engine.tasker.tasks(request);
    found.push(...answer.tasks.map((task) => task.taskId));
    request = answer.next === null ? null : { ...filter, ...paging, after: answer.next };
  }
  const asked = JSON.stringify({ filter, paging, at });
  expect({ asked, found }).toEqual({
    asked,
    found: request === null ? expected : expected.slice(0, found.length),
  });
}

/** A choice among values, the same for the same seed. */
function picker(seed: number): <T>(values: readonly T[]) => T {
  let state = seed;
  return (values) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value = values[Math.floor((state / 2 ** 32) * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  };
}
