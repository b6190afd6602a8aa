import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, settled } from './lab.ts';

/* One short test for each known fault of the original that concerns running and retrying; see faults.test.ts. */

/** A server on loopback that gives these answers, one after the other, and the last one for ever. */
async function serve(
  answers: readonly (readonly [
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ])[],
) {
  let requests = 0;
  const server = createServer((_, response) => {
    const [status, headers, body] = answers[Math.min(requests, answers.length - 1)] ?? [
      500,
      {},
      '',
    ];
    requests += 1;
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/thing`,
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describeOnEachDatabase('faults of the original: running and retrying', (database) => {
  test('B8 a claimed step is in progress, held by one worker, and counted before it runs', async () => {
    const engine = await startEngine(database);
    const hold = gate();
    const running = gate();
    const task = defineTask({ name: 'claimed' }, (t) => {
      t.step('only', {}, async () => {
        running.open();
        await hold.opened;
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    const [worker] = await engine.tasker.workers();
    expect(await engine.tasker.step(taskId, 'only')).toMatchObject({
      status: 'in_progress',
      inProcess: true,
      attempts: 1,
      workerId: worker?.workerId,
      readyAt: null,
    });
    expect((await engine.tasker.attempts(taskId)).map((a) => a.outcome)).toEqual(['running']);
    hold.open();
    await settled(engine.tasker, taskId);
    await engine.finish();
  });

  test('B14 and B17 after a success neither the error nor the wait of the failure before is left', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'cleared' }, (t) => {
      t.step('only', { backoff: { base: '10s', jitter: 'none' } }, ({ step }) => {
        if (step.attempt === 1) throw new Error('first');
        return { fresh: true };
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('the retry waits', async () => {
      const step = await engine.tasker.step(taskId, 'only');
      return step.status === 'error' && step.readyAt !== null;
    });
    await engine.advanceClock(40_001);
    await settled(engine.tasker, taskId);
    expect(await engine.tasker.step(taskId, 'only')).toMatchObject({
      results: { fresh: true },
      error: null,
      readyAt: null,
    });
    await engine.finish();
  });

  test('B15 jitter is drawn for each attempt', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'drawn' }, (t) => {
      const backoff = { strategy: 'fixed', base: '9h', max: '9h', jitter: 'full' } as const;
      for (let n = 0; n < 8; n += 1)
        t.step(`s${n}`, { backoff }, () => {
          throw new Error('no');
        });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('all wait', async () =>
      (await engine.tasker.steps(taskId)).every((step) => step.status === 'error'),
    );
    const rows = await engine.sql(
      `select distinct retry_at - finished_at as wait from {schema}.step_attempts`,
    );
    expect(rows.length).toBeGreaterThan(4);
    await engine.finish();
  });

  test('B16 an answer of 404 fails for good, and of 500 is tried again', async () => {
    const missing = await serve([[404, {}, 'no such cart']]);
    const broken = await serve([
      [500, {}, 'oops'],
      [200, { 'content-type': 'application/json' }, '{"cart":3}'],
    ]);
    const engine = await startEngine(database, { outbound: { allowPrivate: true } });
    const task = defineTask({ name: 'statuses', backoff: 'none' }, (t) => {
      t.api('missing', { handlerConfig: { url: missing.url } });
      t.api('broken', { handlerConfig: { url: broken.url } });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['missing error', 'broken complete']);
    expect([missing.requests(), broken.requests()]).toEqual([1, 2]);
    await engine.finish();
    await missing.close();
    await broken.close();
  });

  test('B19 the Retry-After of an answer is read and obeyed', async () => {
    const busy = await serve([[429, { 'retry-after': '120' }, '']]);
    const engine = await startEngine(database, { outbound: { allowPrivate: true } });
    const task = defineTask({ name: 'busy' }, (t) => {
      t.api('busy', { handlerConfig: { url: busy.url } });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until(
      'it waits',
      async () => (await engine.tasker.step(taskId, 'busy')).status === 'error',
    );
    const [row] = await engine.sql(
      `select extract(epoch from retry_at - finished_at)::float8 as s from {schema}.step_attempts`,
    );
    expect(row?.['s']).toBe(120);
    expect(busy.requests()).toBe(1);
    await engine.finish();
    await busy.close();
  });

  test('B20 and B21 a failure makes one entry in the queue, at its time, and nothing runs before', async () => {
    const engine = await startEngine(database);
    let runs = 0;
    const task = defineTask({ name: 'calm' }, (t) => {
      t.step('only', { backoff: { base: '1h', max: '1h', jitter: 'none' } }, () => {
        runs += 1;
        throw new Error('no');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until(
      'it waits',
      async () => (await engine.tasker.step(taskId, 'only')).status === 'error',
    );
    await engine.advanceClock(3_590_000);
    await breathe(50);
    expect(runs).toBe(1);
    const rows = await engine.sql(`select due from {schema}.ready_steps where task_id = $1`, [
      taskId,
    ]);
    expect(rows).toEqual([{ due: false }]);
    await engine.finish();
  });

  test('B22 a step that runs longer than a timeout elsewhere is not run a second time beside itself', async () => {
    const engine = await startEngine(database);
    const hold = gate();
    let runs = 0;
    const task = defineTask({ name: 'long' }, (t) => {
      t.step('only', {}, async () => {
        runs += 1;
        await hold.opened;
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('it runs', () => runs === 1);
    await engine.tasker.annotate(taskId, 'look', { at: 'it' });
    const looks = await Promise.all(
      Array.from({ length: 20 }, () => engine.tasker.step(taskId, 'only')),
    );
    expect(new Set(looks.map((step) => `${step.status} ${step.attempts}`))).toEqual(
      new Set(['in_progress 1']),
    );
    expect(runs).toBe(1);
    hold.open();
    await settled(engine.tasker, taskId);
    expect(runs).toBe(1);
    await engine.finish();
  });
});
