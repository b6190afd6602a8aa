import { expect, test } from 'vitest';
import { defineTask } from '../../src/index.ts';
import type { Connection, Db } from '../../src/db/db.ts';
import { createTasks } from '../../src/engine/create-task.ts';
import { cancelStep, resolveStep } from '../../src/engine/operate-step.ts';
import { cancelTask } from '../../src/engine/operate-task.ts';
import { reapLost } from '../../src/engine/reap.ts';
import { settleTasks } from '../../src/engine/settle.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { by, eachRace, interleave, logLine, only, outcomeOf } from './lab.ts';

const idle = (): number => 1;

const pair = defineTask({ name: 'pair', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  t.step('b', { dependsOn: { a } }, idle);
});

const five = defineTask({ name: 'five', version: '1.0.0' }, (t) => {
  for (const name of ['v', 'w', 'x', 'y', 'z']) t.step(name, {}, idle);
});

/** The database as seen from inside an open transaction. */
const within = (db: Db, tx: Connection): Db => ({
  kind: db.kind,
  threadConnection: null,
  durability: () => db.durability(),
  query: (statement) => tx.query(statement),
  transaction: (work) => db.transaction(work),
  script: (text) => db.script(text),
  listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
  close: () => db.close(),
});

describeOnPostgres('claiming or storing steps while', () => {
  const race = eachRace(postgresDatabase());

  test('another worker claims: each gets different steps, and neither waits', async () => {
    const r = race();
    const [first, second] = [await r.worker(), await r.worker()];
    const begun = await r.create(five);
    await r.complete(r.one.db, first, { step: only(await r.claim(r.one.db, first, 1)) });
    const claims = await interleave(r, {
      first: (tx) => r.claim(tx, first, 2),
      second: () => r.claim(r.two.db, second, 5),
      waits: false,
    });
    const positions = (steps: readonly { readonly position: number }[]) =>
      steps.map(({ position }) => position).toSorted((a, b) => a - b);
    expect(positions(claims.first)).toEqual([1, 2]);
    expect(positions(claims.second)).toEqual([3, 4]);
    expect(await r.queued(begun)).toEqual([]);
    await r.audit();
  });

  test('another worker begins the same task: it begins once', async () => {
    const r = race();
    const taskId = await r.create(five);
    const [first, second] = [await r.worker(), await r.worker()];
    const request = (workerId: number) => ({
      workerId,
      completions: [],
      queue: 'default',
      room: 1,
      excluded: [],
    });
    const answers = await interleave(r, {
      first: (tx) => r.one.store.advanceSteps(tx, request(first)),
      second: () => r.two.store.advanceSteps(r.two.db, request(second)),
    });
    expect(answers.first.started).toEqual([taskId]);
    expect(answers.second.started).toEqual([]);
    expect(answers.second.claimed).toHaveLength(1);
    await r.audit();
  });

  test('an operator resolves the step: a claim that came first wins', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const worker = await r.worker();
    const { second } = await interleave(r, {
      first: (tx) => r.claim(tx, worker, 1),
      second: () => outcomeOf(resolveStep(r.two, { taskId, step: 'a' }, { ...by, result: 7 })),
    });
    expect(second).toBe('STEP_STATE_CONFLICT');
    expect(await r.statuses(taskId)).toEqual(['in_progress', 'pending', 'in_progress']);
    await r.audit();
  });

  test('an operator resolves the step: a claim that comes second finds nothing, and then its child', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const worker = await r.worker();
    const { second } = await interleave(r, {
      first: async (tx) => {
        const step = { taskId, position: 0, resultText: '7', children: [1] };
        expect(await r.one.store.resolveStep(tx, step)).toBe(true);
        const move = { from: 'pending', to: 'resolved_manually', attempts: 0 } as const;
        await r.one.store.appendOperatorLog(tx, [
          logLine(taskId, 0, { action: 'resolve_step', ...move }),
        ]);
      },
      second: () => r.claim(r.two.db, worker, 5),
      waits: false,
    });
    expect(second).toEqual([]);
    await settleTasks(r.one, [taskId]);
    expect(only(await r.claim(r.two.db, worker, 5))).toMatchObject({ position: 1 });
    await r.audit();
  });

  test('an operator cancels the task: a claim that came first is cancelled with it', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const worker = await r.worker();
    const { first } = await interleave(r, {
      first: (tx) => r.claim(tx, worker, 1),
      second: () => cancelTask(r.two, taskId, by),
    });
    const late = await r.complete(r.one.db, worker, { step: only(first), children: { 1: 'take' } });
    expect(late).toMatchObject({ refused: [{ taskId, position: 0 }], claimed: [] });
    expect(await r.statuses(taskId)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await r.audit();
  });

  test('an operator cancels a child that enters the queue: it leaves the queue again', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const worker = await r.worker();
    const a = only(await r.claim(r.one.db, worker, 1));
    await interleave(r, {
      first: (tx) => r.complete(tx, worker, { step: a, children: { 1: 'queue' } }),
      second: () => cancelStep(r.two, { taskId, step: 'b' }, by),
    });
    expect(await r.queued(taskId)).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['complete', 'cancelled', 'cancelled']);
    await r.audit();
  });

  test('an operator cancels a step that fails and shall run again: it leaves the queue again', async () => {
    const r = race();
    const taskId = await r.create(pair);
    const worker = await r.worker();
    const a = only(await r.claim(r.one.db, worker, 1));
    const failure = {
      ...a,
      workerId: worker,
      outcome: 'error',
      errorText: '{}',
      retryInMs: 50,
      limit: 3,
      queue: 'default',
    } as const;
    await interleave(r, {
      first: (tx) => r.one.store.failSteps(tx, [failure], true),
      second: () => cancelStep(r.two, { taskId, step: 'a' }, by),
    });
    expect(await r.queued(taskId)).toEqual([]);
    expect(await r.statuses(taskId)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await r.audit();
  });

  test('the worker is declared lost: it may claim nothing more, and what it got meanwhile goes back', async () => {
    const r = race();
    const taskId = await r.create(five);
    const worker = await r.worker();
    await r.lapse(worker);
    await interleave(r, {
      first: (tx) => r.claim(tx, worker, 2), // under way at the moment of the loss
      second: () => reapLost(r.two),
      waits: false,
    });
    expect(await r.claim(r.one.db, worker, 5)).toEqual([]);
    await reapLost(r.two);
    expect(await r.queued(taskId)).toEqual([0, 1, 2, 3, 4]);
    const claimed = await r.claim(r.one.db, await r.worker(), 5);
    expect(claimed.filter(({ attempts }) => attempts === 2)).toHaveLength(2);
    expect(claimed).toHaveLength(5);
    await r.audit();
  });

  test('a request with the same key is stored: the second finds the first one’s task', async () => {
    const r = race();
    const ask = { context: {}, idempotencyKey: 'once' };
    await r.one.pinned.save(pair.definition);
    const { first, second } = await interleave(r, {
      first: (tx) => createTasks({ ...r.one, db: within(r.one.db, tx) }, pair, [ask]),
      second: () => createTasks(r.two, pair, [ask]),
    });
    expect(second).toEqual([{ taskId: only(first).taskId, created: false }]);
    await r.audit();
  });

  test('a request with the same key is undone: the second makes the task', async () => {
    const r = race();
    const ask = { context: {}, idempotencyKey: 'once' };
    await r.one.pinned.save(pair.definition);
    const { second } = await interleave(r, {
      first: (tx) => createTasks({ ...r.one, db: within(r.one.db, tx) }, pair, [ask]),
      second: () => createTasks(r.two, pair, [ask]),
      ending: 'rollback',
    });
    expect(only(second)).toMatchObject({ created: true });
    await r.audit();
  });
});
