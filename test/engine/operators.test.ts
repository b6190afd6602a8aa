import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { by, logOf, operator, recordEvents, refused, rowCounts, settled, statuses } from './lab.ts';

/** before -> fragile -> after; `fragile` fails for good until `repaired`. */
function repairable(runs: string[], retryLimit = 2) {
  const state = { repaired: false };
  const task = defineTask({ name: 'repairable', identity: 'none', backoff: 'none' }, (t) => {
    const before = t.step('before', {}, () => runs.push('before'));
    const fragile = t.step(
      'fragile',
      {
        dependsOn: { before },
        retryLimit,
        resultSchema: { type: 'object', required: ['ok'], properties: { ok: { const: true } } },
      },
      () => {
        runs.push('fragile');
        if (!state.repaired) throw new Error('broken');
        return { ok: true };
      },
    );
    t.step('after', { dependsOn: { fragile } }, ({ deps }) => {
      runs.push('after');
      return { saw: deps.fragile };
    });
  });
  return { task, state };
}

describeOnEachDatabase('operators', (database) => {
  test('retry a failed task from its failed steps, and finished work is not done again (row 17)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['task.retry_requested', 'task.completed']);
    const runs: string[] = [];
    const { task, state } = repairable(runs);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    expect(runs).toEqual(['before', 'fragile', 'fragile']);
    await engine.tasker.retryTask(taskId, operator); // still broken: the full allowance again
    expect(await settled(engine.tasker, taskId)).toContain('fragile error');
    expect(runs).toEqual(['before', 'fragile', 'fragile', 'fragile', 'fragile']);
    state.repaired = true;
    expect(await engine.tasker.retryTask(taskId, operator)).toMatchObject({ complete: false });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'before complete',
      'fragile complete',
      'after complete',
    ]);
    expect(runs.filter((run) => run === 'before')).toHaveLength(1);
    expect(await engine.tasker.step(taskId, 'fragile')).toMatchObject({
      attempts: 5,
      retryLimit: 6,
    });
    const log = await logOf(engine.tasker, taskId);
    expect(log).toEqual(Array.from({ length: 2 }, () => 'retry_task: error -> in_progress'));
    expect(events.map((event) => event.name)).toEqual([
      'task.retry_requested',
      'task.retry_requested',
      'task.completed',
    ]);
    await refused(engine.tasker.retryTask(taskId, operator), 'TASK_STATE_CONFLICT');
    await engine.finish();
  });

  test('retry one step at once, without waiting for its time (row 17)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['step.retry_requested']);
    let runs = 0;
    const task = defineTask({ name: 'impatient' }, (t) => {
      const backoff = { base: '1h', max: '1h', jitter: 'none' } as const;
      t.step('flaky', { backoff, retryLimit: 3 }, () => {
        runs += 1;
        if (runs === 1) throw new Error('503');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'flaky');
      return step.status === 'error' && step.readyAt !== null;
    });
    await engine.tasker.retryStep(taskId, 'flaky', operator);
    expect(await settled(engine.tasker, taskId)).toEqual(['flaky complete']);
    expect(await logOf(engine.tasker, taskId)).toEqual(['retry_step flaky: error -> pending']);
    expect(await engine.tasker.operatorLog(taskId)).toMatchObject([
      { ...operator, details: { retry_limit: 4 } },
    ]);
    expect(events[0]?.payload).toMatchObject({ taskId, step: 'flaky', attempt: 1 });
    await refused(engine.tasker.retryStep(taskId, 'flaky', operator), 'TASK_STATE_CONFLICT');
    await engine.finish();
  });

  test('resolve a step with a result that its dependents see, checked against the schema (rows 15, 17, B7, B13)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['step.resolved_manually', 'task.completed']);
    const runs: string[] = [];
    const { task } = repairable(runs, 1);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const before = await rowCounts(engine);
    for (const result of [{}, { ok: false }, 'ok', null]) {
      await refused(
        engine.tasker.resolveStep(taskId, 'fragile', { ...operator, result }),
        'INVALID_RESULT',
      );
    }
    await refused(
      engine.tasker.resolveStep(taskId, 'fragile', { ...operator, result: { ok: '\u0000' } }),
      'UNSTORABLE_VALUE',
    );
    await refused(engine.tasker.resolveStep(taskId, 'after', operator), 'STEP_STATE_CONFLICT');
    expect(await rowCounts(engine)).toEqual(before);
    expect(await statuses(engine.tasker, taskId)).toContain('fragile error');
    await engine.tasker.resolveStep(taskId, 'fragile', { ...operator, result: { ok: true } });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'before complete',
      'fragile resolved_manually',
      'after complete',
    ]);
    expect((await engine.tasker.step(taskId, 'after')).results).toEqual({ saw: { ok: true } });
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'complete', complete: true });
    expect(await logOf(engine.tasker, taskId)).toEqual([
      'retry_task: error -> in_progress',
      'resolve_step fragile: error -> resolved_manually',
    ]);
    expect(events.map((event) => event.name)).toEqual(['step.resolved_manually', 'task.completed']);
    await engine.finish();
  });

  test('resolve every step by hand, from the root down to the leaf: the task completes without a run (row 17)', async () => {
    const engine = await startEngine(database, { worker: false });
    const { task } = repairable([]);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.resolveStep(taskId, 'before', operator);
    await engine.tasker.resolveStep(taskId, 1, { ...operator, result: { ok: true } }); // by position
    await engine.tasker.resolveStep(taskId, 'after', operator);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'complete' });
    expect((await engine.tasker.steps(taskId)).map((step) => step.attempts)).toEqual([0, 0, 0]);
    await engine.finish();
  });

  test('resolve a task by hand: what was not finished is cancelled (rows 15, 17)', async () => {
    const engine = await startEngine(database);
    const { task } = repairable([], 1);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const resolved = await engine.tasker.resolveTask(taskId, operator);
    expect(resolved).toMatchObject({ status: 'resolved_manually', complete: false });
    expect(await statuses(engine.tasker, taskId)).toEqual([
      'before complete',
      'fragile cancelled',
      'after cancelled',
    ]);
    expect(await logOf(engine.tasker, taskId)).toEqual([
      'resolve_task: error -> resolved_manually',
      'cancel_step fragile: error -> cancelled',
      'cancel_step after: pending -> cancelled',
    ]);
    for (const verb of ['retryTask', 'cancelTask', 'resolveTask'] as const)
      await refused(engine.tasker[verb](taskId, operator), 'TASK_STATE_CONFLICT');
    await engine.finish();
  });

  test('edit the inputs that the next attempt sees as its context (row 17, B37)', async () => {
    const engine = await startEngine(database);
    const seen: unknown[] = [];
    const task = defineTask(
      {
        name: 'editable',
        schema: {
          type: 'object',
          required: ['cart_id'],
          properties: { cart_id: { type: 'integer' } },
        },
      },
      (t) => {
        const first = t.step('first', { retryLimit: 1 }, ({ context }) => {
          seen.push(context);
          if (Reflect.get(Object(context), 'cart_id') === 9)
            throw new PermanentError('no such cart');
        });
        t.step('second', { dependsOn: { first } }, ({ context }) => void seen.push(context));
      },
    );
    const { taskId } = await engine.tasker
      .create(task.name, { ...by, context: {} })
      .catch(async () => {
        await engine.tasker.register(task);
        return engine.tasker.create(task.name, { ...by, context: { cart_id: 9 } });
      });
    await settled(engine.tasker, taskId);
    const edit = (change: object) =>
      engine.tasker.updateStep(taskId, 'first', { ...operator, ...change });
    await refused(edit({ inputs: { cart_id: 'three' } }), 'INVALID_CONTEXT');
    await refused(edit({ inputs: [] }), 'INVALID_REQUEST');
    await refused(edit({}), 'INVALID_REQUEST');
    expect((await edit({ inputs: { cart_id: 3 } })).inputs).toEqual({ cart_id: 3 });
    expect(await logOf(engine.tasker, taskId)).toEqual(['update_step first: error -> error']);
    await engine.tasker.retryStep(taskId, 'first', operator);
    expect(await settled(engine.tasker, taskId)).toEqual(['first complete', 'second complete']);
    expect(seen).toEqual([{ cart_id: 9 }, { cart_id: 3 }, { cart_id: 9 }]); // the other step keeps the task's
    await refused(edit({ inputs: { cart_id: 4 } }), 'TASK_STATE_CONFLICT');
    await engine.finish();
  });

  test('revive an errored task by a higher limit of its exhausted step (row 17, B33)', async () => {
    const engine = await startEngine(database);
    const runs: string[] = [];
    const { task, state } = repairable(runs, 1);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    for (const retryLimit of [0, -1, 1.5, 2_000_000])
      await refused(
        engine.tasker.updateStep(taskId, 'fragile', { ...operator, retryLimit }),
        'INVALID_REQUEST',
      );
    state.repaired = true;
    await engine.tasker.updateStep(taskId, 'fragile', { ...operator, retryLimit: 2 });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'before complete',
      'fragile complete',
      'after complete',
    ]);
    expect(runs).toEqual(['before', 'fragile', 'fragile', 'after']);
    expect(await logOf(engine.tasker, taskId)).toEqual(
      expect.arrayContaining([
        'update_step fragile: error -> pending',
        'retry_task: error -> in_progress',
      ]),
    );
    await engine.finish();
  });

  test('change the limit of a step that runs, and the run obeys it (row 17)', async () => {
    const engine = await startEngine(database);
    for (const [from, to] of [
      [5, 1],
      [1, 2],
    ] as const) {
      const running = gate();
      const release = gate();
      let runs = 0;
      const task = defineTask({ name: `limit_${from}`, backoff: 'none' }, (t) => {
        t.step('only', { retryLimit: from }, async () => {
          runs += 1;
          running.open();
          await release.opened;
          throw new Error('again');
        });
      });
      const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
      await running.opened;
      await engine.tasker.updateStep(taskId, 'only', { ...operator, retryLimit: to });
      release.open();
      expect(await settled(engine.tasker, taskId)).toEqual(['only error']);
      expect(runs).toBe(to);
    }
    await engine.finish();
  });

  test('cannot set the limit of a waiting step to the attempts it has had: it would run once more (row 17)', async () => {
    const engine = await startEngine(database);
    let runs = 0;
    const backoff = { strategy: 'fixed', base: '1h', max: '1h', jitter: 'none' } as const;
    const task = defineTask({ name: 'patient', backoff }, (t) => {
      t.step('only', { retryLimit: 5 }, () => {
        runs += 1;
        throw new Error('again');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const step = () => engine.tasker.step(taskId, 'only');
    await until('the step waits for its retry', async () => (await step()).readyAt !== null);
    const limit = (retryLimit: number) =>
      engine.tasker.updateStep(taskId, 'only', { ...operator, retryLimit });
    await refused(limit(1), 'INVALID_REQUEST');
    expect(await step()).toMatchObject({ status: 'error', attempts: 1, retryLimit: 5 });
    expect(await limit(2)).toMatchObject({ status: 'error', attempts: 1, retryLimit: 2 });
    await engine.advanceClock(3_600_000);
    expect(await settled(engine.tasker, taskId)).toEqual(['only error']);
    expect(runs).toBe(2);
    await engine.finish();
  });

  test('edit reason and tags of a task, and nothing else (row 17)', async () => {
    const engine = await startEngine(database, { worker: false });
    const { task } = repairable([]);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {}, tags: ['old'] });
    expect(await engine.tasker.updateTask(taskId, { tags: ['new', 'eu'] })).toMatchObject({
      reason: 'test',
      tags: ['new', 'eu'],
    });
    expect(await engine.tasker.updateTask(taskId, { reason: 'audit' })).toMatchObject({
      reason: 'audit',
      tags: ['new', 'eu'],
    });
    await refused(engine.tasker.updateTask(taskId, { reason: '' }), 'INVALID_REQUEST');
    await refused(engine.tasker.updateTask(taskId, { tags: ['a\u0000'] }), 'INVALID_REQUEST');
    await refused(engine.tasker.updateTask(taskId, { reason: 'a\u0000' }), 'INVALID_REQUEST');
    await refused(engine.tasker.updateTask(taskId, { reason: '\ud800' }), 'INVALID_REQUEST');
    await refused(engine.tasker.updateTask(taskId + 99, { reason: 'x' }), 'TASK_NOT_FOUND');
    await engine.finish();
  });

  test('name steps and tasks that exist, or are told which they may have meant (row 17)', async () => {
    const engine = await startEngine(database, { worker: false });
    const { task } = repairable([]);
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const verbs = ['cancelStep', 'retryStep', 'resolveStep'] as const;
    for (const verb of verbs) {
      await refused(engine.tasker[verb](taskId, 'fragil', operator), 'STEP_NOT_FOUND');
      await refused(engine.tasker[verb](taskId, 3, operator), 'STEP_NOT_FOUND');
      await refused(engine.tasker[verb](2 ** 50, 'fragile', operator), 'TASK_NOT_FOUND');
      await refused(engine.tasker[verb](NaN, 'fragile', operator), 'TASK_NOT_FOUND');
    }
    await expect(engine.tasker.step(taskId, 'fragil')).rejects.toThrow(/fragile/);
    await refused(engine.tasker.retryStep(taskId, 'before', operator), 'STEP_STATE_CONFLICT');
    await engine.finish();
  });
});
