import { expect, test } from 'vitest';
import { defineTask } from '../../src/index.ts';
import { cancelTask, retryTask } from '../../src/engine/operate-task.ts';
import { reapLost } from '../../src/engine/reap.ts';
import { settleIn, settleTasks } from '../../src/engine/settle.ts';
import type { Connection } from '../../src/db/db.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import type { Failure } from '../../src/store/steps/fail-steps.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { by, eachRace, interleave, logLine, only, outcomeOf, type Race } from './lab.ts';

const idle = (): number => 1;

/** Two steps that nothing depends on. */
const leaves = defineTask({ name: 'leaves', version: '1.0.0' }, (t) => {
  t.step('x', {}, idle);
  t.step('y', {}, idle);
});

/** b and c after a, d after both: positions 0 to 3. */
const diamond = defineTask({ name: 'diamond', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  const b = t.step('b', { dependsOn: { a } }, idle);
  const c = t.step('c', { dependsOn: { a } }, idle);
  t.step('d', { dependsOn: { b, c } }, idle);
});

const single = defineTask({ name: 'single', version: '1.0.0' }, (t) => void t.step('s', {}, idle));

/** A final failure of a step. */
const exhausted = (step: ClaimedStep, workerId: number): Failure => ({
  ...step,
  workerId,
  outcome: 'error',
  errorText: '{"name":"Error","message":"no"}',
  retryInMs: null,
  limit: 3,
  queue: 'default',
});

describeOnPostgres('completing a step while', () => {
  const race = eachRace(postgresDatabase());

  /** Both leaves of one task, each held by a worker of its own. */
  const twoLeaves = async (r: Race) => {
    const taskId = await r.create(leaves);
    const [first, second] = [await r.worker(), await r.worker()];
    const x = only(await r.claim(r.one.db, first, 1));
    const y = only(await r.claim(r.one.db, second, 1));
    return { taskId, first, second, x, y };
  };
  /** Both parents of d, each held by a worker of its own. */
  const twoParents = async (r: Race) => {
    const taskId = await r.create(diamond);
    const [first, second] = [await r.worker(), await r.worker()];
    const a = only(await r.claim(r.one.db, first, 1));
    await r.complete(r.one.db, first, { step: a, children: { 1: 'queue', 2: 'queue' } });
    const b = only(await r.claim(r.one.db, first, 1));
    const c = only(await r.claim(r.one.db, second, 1));
    return { taskId, first, second, b, c };
  };
  const oneStep = async (r: Race) => {
    const taskId = await r.create(single);
    const worker = await r.worker();
    return { taskId, worker, step: only(await r.claim(r.one.db, worker, 1)) };
  };
  const fail = (r: Race, on: Connection, failure: Failure) =>
    r.one.store.failSteps(on, [failure], true);

  test('another session completes the other last leaf: the task settles once', async () => {
    const r = race();
    const { taskId, first, second, x, y } = await twoLeaves(r);
    const answers = await interleave(r, {
      first: (tx) => r.complete(tx, first, { step: x }),
      second: () => r.complete(r.two.db, second, { step: y }),
    });
    expect(answers.first.settled).toEqual([]);
    expect(answers.second.settled).toEqual([taskId]);
    expect(await r.statuses(taskId)).toEqual(['complete', 'complete', 'complete']);
    await r.audit();
  });

  test('another session completes the other parent: the child is taken once', async () => {
    const r = race();
    const { taskId, first, second, b, c } = await twoParents(r);
    const answers = await interleave(r, {
      first: (tx) => r.complete(tx, first, { step: b, children: { 3: 'take' } }),
      second: () => r.complete(r.two.db, second, { step: c, children: { 3: 'take' } }),
    });
    expect(answers.first.claimed).toEqual([]);
    const d = only(answers.second.claimed);
    expect(d).toMatchObject({ taskId, position: 3, attempts: 1 });
    expect((await r.complete(r.one.db, second, { step: d })).settled).toEqual([taskId]);
    await r.audit();
  });

  test('the completion of the other parent is undone: the child waits for it', async () => {
    const r = race();
    const { taskId, first, second, b, c } = await twoParents(r);
    const answers = await interleave(r, {
      first: (tx) => r.complete(tx, first, { step: b, children: { 3: 'queue' } }),
      second: () => r.complete(r.two.db, second, { step: c, children: { 3: 'queue' } }),
      ending: 'rollback',
    });
    expect(answers.second.queued).toBe(0);
    expect(await r.queued(taskId)).toEqual([]);
    const again = await r.complete(r.one.db, first, { step: b, children: { 3: 'queue' } });
    expect(again.queued).toBe(1);
    await r.audit();
  });

  test('an operator cancels: a completion that came first stands, and the cancellation is refused', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    const { second } = await interleave(r, {
      first: (tx) => r.complete(tx, worker, { step }),
      second: () => outcomeOf(cancelTask(r.two, taskId, by)),
    });
    expect(second).toBe('TASK_STATE_CONFLICT');
    expect(await r.statuses(taskId)).toEqual(['complete', 'complete']);
    await r.audit();
  });

  test('an operator cancels: a completion that comes second is refused', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    const move = {
      action: 'cancel_step',
      from: 'in_progress',
      to: 'cancelled',
      attempts: 1,
    } as const;
    const { second } = await interleave(r, {
      first: async (tx) => {
        await r.one.store.cancelSteps(tx, taskId, null);
        await r.one.store.moveTask(tx, taskId, { from: ['in_progress'], to: 'cancelled' });
        await r.one.store.appendOperatorLog(tx, [
          logLine(taskId, null, { ...move, action: 'cancel_task', attempts: null }),
          logLine(taskId, 0, move),
        ]);
      },
      second: () => r.complete(r.two.db, worker, { step }),
    });
    expect(second).toMatchObject({ refused: [{ taskId, position: 0 }], settled: [] });
    expect(await r.statuses(taskId)).toEqual(['cancelled', 'cancelled']);
    await r.audit();
  });

  test('its worker is declared lost: a statement that came first counts, and nothing is given back', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    await r.lapse(worker);
    await interleave(r, {
      first: (tx) => r.complete(tx, worker, { step }),
      second: () => reapLost(r.two),
      waits: false, // the reaper skips what is being written
    });
    await reapLost(r.two);
    expect(await r.statuses(taskId)).toEqual(['complete', 'complete']);
    expect(await r.queued(taskId)).toEqual([]);
    await r.audit();
  });

  test('its worker is declared lost: a statement that waits for the giving back is refused', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    const lost: Failure = { ...exhausted(step, worker), outcome: 'lost', retryInMs: 0 };
    const { second } = await interleave(r, {
      first: async (tx) => {
        await r.one.store.heldSteps(tx, [worker], { lock: true });
        await r.one.store.failSteps(tx, [lost], false);
      },
      second: () => r.complete(r.two.db, worker, { step }),
    });
    expect(second.refused).toEqual([{ taskId, position: 0 }]);
    expect(await r.statuses(taskId)).toEqual(['error', 'in_progress']);
    expect(await r.queued(taskId)).toEqual([0]);
    await r.audit();
  });

  test('a sibling fails for good: a completion that comes second asks whether the task is over', async () => {
    const r = race();
    const { taskId, first, second, x, y } = await twoLeaves(r);
    const answers = await interleave(r, {
      first: (tx) => fail(r, tx, exhausted(x, first)),
      second: () => r.complete(r.two.db, second, { step: y }),
    });
    expect(answers.second.toSettle).toEqual([taskId]);
    const settled = await Promise.all([settleTasks(r.one, [taskId]), settleTasks(r.two, [taskId])]);
    expect(settled.flat().filter(({ status }) => status === 'error')).toHaveLength(1);
    expect(await r.statuses(taskId)).toEqual(['error', 'complete', 'error']);
    await r.audit();
  });

  test('a sibling fails for good: a failure that comes second settles the task itself', async () => {
    const r = race();
    const { taskId, first, second, x, y } = await twoLeaves(r);
    const answers = await interleave(r, {
      first: (tx) => r.complete(tx, second, { step: y }),
      second: () => fail(r, r.two.db, exhausted(x, first)),
    });
    expect(answers.first.toSettle).toEqual([]);
    expect(answers.second.recorded).toHaveLength(1);
    await settleTasks(r.two, [taskId]);
    expect(await r.statuses(taskId)).toEqual(['error', 'complete', 'error']);
    await r.audit();
  });

  test('the task settles in error: a retry waits for that, and then revives the task', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    await fail(r, r.one.db, exhausted(step, worker));
    const { first, second } = await interleave(r, {
      first: (tx) => settleIn(r.one, tx, [taskId]),
      second: () => outcomeOf(retryTask(r.two, taskId, by)),
    });
    expect(first).toMatchObject([{ status: 'error' }]);
    expect(second).toBe('done');
    expect(await r.statuses(taskId)).toEqual(['pending', 'in_progress']);
    expect(await r.queued(taskId)).toEqual([0]);
    await r.audit();
  });

  test('its step is retried: a settling that waits for that finds that the task goes on', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    await fail(r, r.one.db, exhausted(step, worker));
    const { second } = await interleave(r, {
      first: async (tx) => {
        await r.one.store.lockTasks(tx, [taskId]);
        await r.one.store.reopenSteps(tx, taskId, [{ position: 0, retryLimit: 4 }]);
        await r.one.store.appendOperatorLog(tx, [
          logLine(taskId, 0, { action: 'retry_step', from: 'error', to: 'pending', attempts: 1 }),
        ]);
        await settleIn(r.one, tx, [taskId]);
      },
      second: () => settleTasks(r.two, [taskId]),
    });
    expect(second).toMatchObject([{ taskId, status: null, released: 0 }]);
    expect(await r.statuses(taskId)).toEqual(['pending', 'in_progress']);
    expect(await r.queued(taskId)).toEqual([0]);
    await r.audit();
  });
});
