import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { BulkRequest } from '../../src/engine/list-types.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { by, operator, refused, settled, statusOf } from './lab.ts';

const task = defineTask({ name: 'many', identity: 'none', retryLimit: 1 }, (t) => {
  t.step('only', {}, ({ context }) => {
    if ((context as { fails?: boolean }).fails === true) throw new Error('as asked'); // sound: a test's own context
    return 1;
  });
});

async function create(
  engine: Engine,
  count: number,
  change: {
    readonly tags?: readonly string[];
    readonly context?: { readonly fails: boolean };
  } = {},
): Promise<readonly number[]> {
  await engine.tasker.register(task);
  const created = await engine.tasker.createMany(
    'many',
    Array.from({ length: count }, () => ({ ...by, context: {}, ...change })),
  );
  return created.map(({ taskId }) => taskId);
}

describeOnEachDatabase('an action on many tasks', (database) => {
  test('previewed says how many it means, and does nothing', async () => {
    const engine = await startEngine(database, { worker: false });
    const ids = await create(engine, 5, { tags: ['old'] });
    await create(engine, 2);
    const preview = await engine.tasker.actOnTasks({
      action: 'cancel',
      filter: { tag: 'old' },
      by: operator,
      limit: 3,
      preview: true,
    });
    const five = { count: 5, exact: true };
    expect(preview).toEqual({ matched: five, acted: 0, refused: [], remaining: five });
    for (const taskId of ids) {
      expect(await statusOf(engine.tasker, taskId)).toBe('pending');
      expect(await engine.tasker.operatorLog(taskId)).toEqual([]);
    }
    await engine.finish();
  });

  test('goes by id up to its limit, over more than one page, and tells what is left', async () => {
    const engine = await startEngine(database, { worker: false });
    const ids = await create(engine, 215, { tags: ['old'] });
    const others = await create(engine, 3);
    const request = { action: 'cancel', filter: { tag: 'old' }, by: operator } as const;
    expect(await engine.tasker.actOnTasks({ ...request, limit: 204 })).toEqual({
      matched: { count: 215, exact: true },
      acted: 204,
      refused: [],
      remaining: { count: 11, exact: true },
    });
    const open = await engine.tasker.tasks({ status: ['pending'], sortOrder: 'asc' });
    expect(open.tasks.map(({ taskId }) => taskId)).toEqual([...ids.slice(204), ...others]);
    const rest = await engine.tasker.actOnTasks({
      ...request,
      filter: { tag: 'old', status: ['pending'] },
      limit: 10_000,
    });
    expect(rest).toMatchObject({ acted: 11, remaining: { count: 0, exact: true } });
    const [entry] = await engine.tasker.operatorLog(ids[0] ?? 0);
    expect(entry).toMatchObject({ actor: 'olga', action: 'cancel_task' });
    await engine.finish();
  });

  test('leaves alone what the verb does not allow, and says why', async () => {
    const engine = await startEngine(database);
    const [failed = 0] = await create(engine, 1, { context: { fails: true } });
    const [done = 0] = await create(engine, 1);
    await settled(engine.tasker, failed);
    await settled(engine.tasker, done);
    const answer = await engine.tasker.actOnTasks({
      action: 'resolve',
      filter: { name: 'many' },
      by: operator,
      limit: 10,
    });
    expect(answer).toMatchObject({ acted: 1, remaining: { count: 0, exact: true } });
    expect(answer.refused).toEqual([
      { taskId: done, code: 'TASK_STATE_CONFLICT', message: expect.stringContaining('complete') },
    ]);
    expect(await statusOf(engine.tasker, failed)).toBe('resolved_manually');
    const resolved = await engine.tasker.tasks({ status: ['resolved_manually'] });
    expect(resolved.tasks.map(({ taskId }) => taskId)).toEqual([failed]);
    await engine.finish();
  });

  test('retries every task in error', async () => {
    const engine = await startEngine(database);
    const ids = await create(engine, 3, { context: { fails: true } });
    for (const taskId of ids) await settled(engine.tasker, taskId);
    const answer = await engine.tasker.actOnTasks({
      action: 'retry',
      filter: { status: ['error'] },
      by: operator,
      limit: 10,
    });
    expect(answer).toMatchObject({ acted: 3, refused: [] });
    for (const taskId of ids) {
      await settled(engine.tasker, taskId);
      expect(await engine.tasker.step(taskId, 'only')).toMatchObject({ attempts: 2 });
    }
    await engine.finish();
  });

  test('is refused without a condition of its own, without a limit, without an actor', async () => {
    const engine = await startEngine(database, { worker: false });
    const [taskId = 0] = await create(engine, 1);
    const request: BulkRequest = {
      action: 'cancel',
      filter: { name: 'many' },
      by: operator,
      limit: 10,
    };
    const wrong: readonly Partial<Record<keyof BulkRequest, unknown>>[] = [
      { filter: {} },
      { filter: { namespaces: ['default'] } }, // what the caller may see is not what the caller asked for
      { filter: { context: [] } },
      { filter: { colour: 'red' } },
      { limit: undefined },
      { limit: 10_001 },
      { action: 'delete' },
      { action: 'toString' },
      { by: { reason: 'no name' } },
    ];
    for (const change of wrong) {
      const asked = { ...request, ...change } as BulkRequest; // sound: what a caller without types can send
      await refused(engine.tasker.actOnTasks(asked), 'INVALID_REQUEST');
    }
    expect(await statusOf(engine.tasker, taskId)).toBe('pending');
    await engine.finish();
  });
});
