import { expect, test } from 'vitest';
import { defineTask } from '../../src/index.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import type { Failure } from '../../src/store/steps/fail-steps.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { eachRace, only, type Race } from './lab.ts';

const idle = (): number => 1;

/** b and c after a, d after both: positions 0 to 3. */
const diamond = defineTask({ name: 'diamond', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  const b = t.step('b', { dependsOn: { a } }, idle);
  const c = t.step('c', { dependsOn: { a } }, idle);
  t.step('d', { dependsOn: { b, c } }, idle);
});

/** Two steps that nothing depends on. */
const leaves = defineTask({ name: 'leaves', version: '1.0.0' }, (t) => {
  t.step('x', {}, idle);
  t.step('y', {}, idle);
});

const single = defineTask({ name: 'single', version: '1.0.0' }, (t) => void t.step('s', {}, idle));

/** A failure after which the step may be claimed again at once. */
const failure = (step: ClaimedStep, workerId: number): Failure => ({
  ...step,
  workerId,
  outcome: 'error',
  errorText: '{"name":"Error","message":"no"}',
  retryInMs: 0,
  limit: 5,
  queue: 'default',
});

const returned = (step: ClaimedStep) => ({ ...step, queue: 'default' });

describeOnPostgres('a write of a worker', () => {
  const race = eachRace(postgresDatabase());

  /** One step, claimed by a worker. */
  const oneStep = async (r: Race) => {
    const taskId = await r.create(single);
    const worker = await r.worker();
    return { taskId, worker, step: only(await r.claim(r.one.db, worker, 1)) };
  };
  /** One step that its worker holds for the second time; `old` is what it was given the first time. */
  const heldAgain = async (r: Race) => {
    const { taskId, worker, step: old } = await oneStep(r);
    await r.one.store.failSteps(r.one.db, [failure(old, worker)], true);
    const step = only(await r.claim(r.one.db, worker, 1));
    expect([old.attempts, step.attempts]).toEqual([1, 2]);
    return { taskId, worker, old, step };
  };
  /** One step whose worker was declared lost, before anybody gave the step back. */
  const lostHolder = async (r: Race) => {
    const held = await oneStep(r);
    await r.one.db.query({
      text: `update ${r.schema}.workers set lost_at = now() where worker_id = $1`,
      values: [held.worker],
    });
    return held;
  };
  const columns = async (r: Race, taskId: number) =>
    (
      await r.one.db.query({
        text: `select status::text, attempts, worker_id from ${r.schema}.workflow_steps where task_id = $1`,
        values: [taskId],
      })
    ).rows;

  test('completes nothing with the token of an earlier run of its own', async () => {
    const r = race();
    const { taskId, worker, old } = await heldAgain(r);
    const answer = await r.complete(r.one.db, worker, { step: old });
    expect(answer).toMatchObject({ refused: [{ taskId, position: 0 }], settled: [] });
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress']);
    await r.audit();
  });

  test('fails nothing with the token of an earlier run of its own', async () => {
    const r = race();
    const { taskId, worker, old } = await heldAgain(r);
    const answer = await r.one.store.failSteps(r.one.db, [failure(old, worker)], true);
    expect(answer.recorded).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress']);
    await r.audit();
  });

  test('gives nothing back with the token of an earlier run of its own', async () => {
    const r = race();
    const { taskId, worker, old } = await heldAgain(r);
    expect(await r.one.store.returnSteps(r.one.db, worker, [returned(old)])).toBe(0);
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress']);
    await r.audit();
  });

  test('learns that a run is lost whose step it holds again', async () => {
    const r = race();
    const { taskId, worker, old, step } = await heldAgain(r);
    const lost = await r.one.store.lostRuns(r.one.db, worker, [old]);
    expect(lost).toEqual([{ taskId, position: 0, status: 'in_progress', attempts: 2 }]);
    expect(await r.one.store.lostRuns(r.one.db, worker, [step])).toEqual([]);
  });

  test('completes, fails and gives back nothing that another worker holds', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    const other = await r.worker();
    const { refused } = await r.complete(r.one.db, other, { step });
    expect(refused).toEqual([{ taskId, position: 0 }]);
    const { recorded } = await r.one.store.failSteps(r.one.db, [failure(step, other)], true);
    expect(recorded).toEqual([]);
    expect(await r.one.store.returnSteps(r.one.db, other, [returned(step)])).toBe(0);
    const held = { status: 'in_progress', attempts: 1, worker_id: worker };
    expect(await columns(r, taskId)).toEqual([held]);
    await r.audit();
  });

  test('completes nothing once it was declared lost, although nobody has the step yet', async () => {
    const r = race();
    const { taskId, worker, step } = await lostHolder(r);
    const { refused } = await r.complete(r.one.db, worker, { step });
    expect(refused).toEqual([{ taskId, position: 0 }]);
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress']);
  });

  test('fails nothing once it was declared lost, although nobody has the step yet', async () => {
    const r = race();
    const { taskId, worker, step } = await lostHolder(r);
    const { recorded } = await r.one.store.failSteps(r.one.db, [failure(step, worker)], true);
    expect(recorded).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'in_progress']);
  });

  test('counts once, however often it is sent', async () => {
    const r = race();
    const taskId = await r.create(leaves);
    const worker = await r.worker();
    const [x, y] = await r.claim(r.one.db, worker, 2);
    if (!x || !y) throw new Error('two steps were there to be claimed');
    expect((await r.complete(r.one.db, worker, { step: x })).refused).toEqual([]);
    const again = await r.complete(r.one.db, worker, { step: x });
    expect(again).toMatchObject({ refused: [{ taskId, position: 0 }], settled: [] });
    const { recorded } = await r.one.store.failSteps(r.one.db, [failure(x, worker)], true);
    expect(recorded).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['complete', 'in_progress', 'in_progress']);
    expect((await r.complete(r.one.db, worker, { step: y })).settled).toEqual([taskId]);
    await r.audit();
  });

  test('gives a step back with its attempt, and it can be claimed at once', async () => {
    const r = race();
    const { taskId, worker, step } = await oneStep(r);
    expect(await r.one.store.returnSteps(r.one.db, worker, [returned(step)])).toBe(1);
    expect(await columns(r, taskId)).toEqual([{ status: 'pending', attempts: 0, worker_id: null }]);
    expect(only(await r.claim(r.one.db, worker, 1))).toMatchObject({ taskId, attempts: 1 });
    await r.audit();
  });
});

describeOnPostgres('one statement', () => {
  const race = eachRace(postgresDatabase());

  test('that stores both parents unlocks their child once', async () => {
    const r = race();
    const taskId = await r.create(diamond);
    const worker = await r.worker();
    const a = only(await r.claim(r.one.db, worker, 1));
    await r.complete(r.one.db, worker, { step: a, children: { 1: 'queue', 2: 'queue' } });
    const parents = await r.claim(r.one.db, worker, 2);
    const children = [{ position: 3, queue: 'default', move: 'queue' }] as const;
    const answer = await r.one.store.advanceSteps(r.one.db, {
      workerId: worker,
      queue: 'default',
      room: 0,
      excluded: [],
      completions: parents.map((step) => ({ ...step, resultText: '1', children })),
    });
    expect(answer).toMatchObject({ queued: 1, refused: [], claimed: [] });
    expect(await r.queued(taskId)).toEqual([3]);
    await r.audit();
  });

  test('that stores the last two leaves settles their task', async () => {
    const r = race();
    const taskId = await r.create(leaves);
    const worker = await r.worker();
    const both = await r.claim(r.one.db, worker, 2);
    const answer = await r.one.store.advanceSteps(r.one.db, {
      workerId: worker,
      queue: 'default',
      room: 0,
      excluded: [],
      completions: both.map((step) => ({ ...step, resultText: '1', children: [] })),
    });
    expect(answer.settled).toEqual([taskId]);
    expect(await r.statuses(taskId)).toEqual(['complete', 'complete', 'complete']);
    await r.audit();
  });

  test('that finds a step in the queue which may not run starts nothing', async () => {
    const r = race();
    const taskId = await r.create(diamond);
    const worker = await r.worker();
    const a = only(await r.claim(r.one.db, worker, 1));
    await r.complete(r.one.db, worker, { step: a, children: { 1: 'park', 2: 'park' } });
    const plant = `insert into ${r.schema}.ready_steps (task_id, position, definition_id, rank, queue, ready_at, due)
      select $1, unnest(array[0, 3]), $2, 0, 'default', now(), true`; // one is complete, one waits for its parents
    await r.one.db.query({ text: plant, values: [taskId, a.definitionId] });
    expect(await r.claim(r.one.db, worker, 5)).toEqual([]);
    const steps = ['complete', 'pending', 'pending', 'pending'];
    expect(await r.statuses(taskId)).toEqual([...steps, 'in_progress']);
  });
});
