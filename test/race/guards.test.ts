import { expect, test } from 'vitest';
import { defineTask } from '../../src/index.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import { fail } from '../../src/engine/advance.ts';
import { createTasks } from '../../src/engine/create-task.ts';
import { retryStep, resolveStep } from '../../src/engine/operate-step.ts';
import type { Taker } from '../../src/engine/parts.ts';
import { reapLost } from '../../src/engine/reap.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import type { Failure } from '../../src/store/steps/fail-steps.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { by, eachRace, only, outcomeOf, type Race } from './lab.ts';

const idle = (): number => 1;

/** Two steps that nothing depends on. */
const leaves = defineTask({ name: 'leaves', version: '1.0.0' }, (t) => {
  t.step('x', {}, idle);
  t.step('y', {}, idle);
});

const pair = defineTask({ name: 'pair', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  t.step('b', { dependsOn: { a } }, idle);
});

const once = defineTask({ name: 'once', version: '1.0.0' }, (t) => {
  t.step('s', { retryLimit: 1 }, idle);
});

/** A failure; `retryInMs` null ends the step. */
const failure = (step: ClaimedStep, workerId: number, retryInMs: number | null): Failure => ({
  ...step,
  workerId,
  outcome: 'error',
  errorText: '{"name":"Error","message":"no"}',
  retryInMs,
  limit: 5,
  queue: 'default',
});

const MOMENT = `timestamptz '2027-01-01 12:00:00+00'`;

/** Stops the engine's clock; answers a worker whose lease ends so many microseconds from the moment at which it stands. */
const stopClock = async (r: Race, microseconds: number) => {
  const worker = await r.worker();
  await r.one.db.query({
    text: `create or replace function ${r.schema}.clock() returns timestamptz language sql stable as $$ select ${MOMENT} $$`,
  });
  await r.one.db.query({
    text: `update ${r.schema}.workers set lease_expires_at = ${MOMENT} + $1::float8 * interval '1 microsecond'`,
    values: [microseconds],
  });
  return worker;
};

describeOnPostgres('a lease', () => {
  const race = eachRace(postgresDatabase());
  const states = async (r: Race) =>
    (
      await r.one.db.query({
        text: `select lost_at is not null as is_lost from ${r.schema}.workers order by worker_id`,
      })
    ).rows.map((row) => row['is_lost']);

  test('holds at its very last moment', async () => {
    const r = race();
    const worker = await stopClock(r, 0);
    expect(await r.one.store.readLease(r.one.db, worker)).toBe('held');
    expect(await reapLost(r.one)).toBe(false);
    expect(await states(r)).toEqual([false]);
  });

  test('is lost a moment later', async () => {
    const r = race();
    const worker = await stopClock(r, -1);
    expect(await r.one.store.readLease(r.one.db, worker)).toBe('lapsed');
    expect(await reapLost(r.one)).toBe(true);
    expect(await states(r)).toEqual([true]);
    expect(await reapLost(r.one)).toBe(false); // what is known is no news
    expect(await r.one.store.readLease(r.one.db, worker)).toBe('lost');
  });

  test('is not taken from whoever asks, nor from a worker that has stopped', async () => {
    const r = race();
    await r.worker();
    const [, worker] = [await stopClock(r, -1), 2];
    await r.one.store.stopWorker(r.one.db, 1);
    expect(await reapLost(r.one, { except: worker })).toBe(false);
    expect(await states(r)).toEqual([false, false]);
  });

  test('of a worker that was declared lost is not renewed', async () => {
    const r = race();
    const worker = await r.worker();
    expect(await r.one.store.renewLease(r.one.db, worker, 60_000)).toBe(true);
    await r.lapse(worker);
    await reapLost(r.two);
    expect(await r.one.store.renewLease(r.one.db, worker, 60_000)).toBe(false);
    expect(await r.one.store.readLease(r.one.db, worker)).toBe('lost');
  });

  test('costs the run of a lost worker as an attempt: the last one ends the step and its task', async () => {
    const r = race();
    const taskId = await r.create(once);
    const worker = await r.worker();
    await r.claim(r.one.db, worker, 1);
    await r.lapse(worker);
    expect(await reapLost(r.two)).toBe(true);
    expect(await r.statuses(taskId)).toEqual(['error', 'error']);
    expect(await r.queued(taskId)).toEqual([]);
    await r.audit();
  });
});

describeOnPostgres('the one clock', () => {
  const race = eachRace(postgresDatabase());

  test('stamps a request that names no time, whatever time it is for the caller', async () => {
    const r = race();
    await stopClock(r, 0);
    const taskId = await r.create(leaves);
    const { rows } = await r.one.db.query({
      text: `select requested_at = ${MOMENT} as is_moment from ${r.schema}.tasks where task_id = $1`,
      values: [taskId],
    });
    expect(rows).toEqual([{ is_moment: true }]);
  });

  test('lets a retry start at its very moment, and not before', async () => {
    const r = race();
    const taskId = await r.create(leaves);
    await stopClock(r, 0);
    await r.one.db.query({
      text: `update ${r.schema}.ready_steps set due = false, ready_at = ${MOMENT} + position * interval '1 microsecond' where task_id = $1`,
      values: [taskId],
    });
    const { promoted } = await r.one.store.promoteDue(r.one.db);
    expect(promoted).toBe(1);
    expect(only(await r.claim(r.one.db, 1, 5))).toMatchObject({ position: 0 });
    expect(await r.queued(taskId)).toEqual([1]);
  });
});

describeOnPostgres('a verb', () => {
  const race = eachRace(postgresDatabase());

  test('that fails a step for good ends its task by itself, without the sweep', async () => {
    const r = race();
    const taskId = await r.create(once);
    const worker = await r.worker();
    const step = only(await r.claim(r.one.db, worker, 1));
    await fail(r.one, [failure(step, worker, null)], () => undefined);
    expect(await r.statuses(taskId)).toEqual(['error', 'error']);
    await r.audit();
  });

  test('that resolves a step by hand is refused while the step waits for another', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const verb = resolveStep(r.one, { taskId, step: 'b' }, { ...by, result: 1 });
    expect(await outcomeOf(verb)).toBe('STEP_STATE_CONFLICT');
    expect(await r.statuses(taskId)).toEqual(['pending', 'pending', 'pending']);
    await r.audit();
  });

  test('that retries a step lets it be claimed at once, although its time is an hour away', async () => {
    const r = race();
    const taskId = await r.create(once);
    const worker = await r.worker();
    const step = only(await r.claim(r.one.db, worker, 1));
    await fail(r.one, [failure(step, worker, 3_600_000)], () => undefined);
    expect(await r.claim(r.one.db, worker, 1)).toEqual([]);
    expect(await outcomeOf(retryStep(r.one, { taskId, step: 's' }, by))).toBe('done');
    expect(only(await r.claim(r.one.db, worker, 1))).toMatchObject({ taskId, attempts: 2 });
    await r.audit();
  });
});

describeOnPostgres('a creation that claims for a worker', () => {
  const race = eachRace(postgresDatabase());

  /** Creates a task for this worker; answers its id and what the worker is told that it holds. */
  const createFor = async (r: Race, workerId: number, task: LoadedDefinition) => {
    const claims: ClaimedStep[] = [];
    const taker: Taker = {
      async takeNew(_steps, store) {
        const { value, taken } = await store(workerId);
        claims.push(...taken);
        return value;
      },
    };
    const [created] = await createTasks({ ...r.one, taker: () => taker }, task, [{ context: {} }]);
    return { taskId: created?.taskId ?? 0, claims };
  };

  test('gives it the first steps with their run counted, and puts none of them into the queue', async () => {
    const r = race();
    const worker = await r.worker();
    const { taskId, claims } = await createFor(r, worker, leaves);
    expect(await r.queued(taskId)).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress', 'in_progress']);
    expect(claims.map(({ position, attempts }) => [position, attempts])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    await r.audit();
    for (const step of claims)
      expect((await r.complete(r.one.db, worker, { step })).refused).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['complete', 'complete', 'complete']);
  });

  test('puts them into the queue when the worker was declared lost', async () => {
    const r = race();
    const worker = await r.worker();
    await r.lapse(worker);
    await reapLost(r.two);
    const { taskId, claims } = await createFor(r, worker, leaves);
    expect(claims).toEqual([]);
    expect(await r.queued(taskId)).toEqual([0, 1]);
    expect(await r.statuses(taskId)).toEqual(['pending', 'pending', 'pending']);
    await r.audit();
  });
});
