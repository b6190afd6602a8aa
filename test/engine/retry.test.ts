import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError, RetryableError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, until } from '../support/engine.ts';
import { breathe, by, recordEvents, settled, statuses, statusOf } from './lab.ts';

/** A handler's failures, counted. */
function failing(times: number, error: () => unknown = () => new Error('no luck')) {
  const runs: number[] = [];
  const handler = ({ step }: { readonly step: { readonly attempt: number } }): string => {
    runs.push(step.attempt);
    if (step.attempt <= times) throw error();
    return 'done';
  };
  return { runs, handler };
}

describeOnEachDatabase('retries', (database) => {
  test('waits 4, 4, 8, 16 and 30 s with the numbers of the seed, exactly, and never starts early (rows 10, 11, B21)', async () => {
    const engine = await startEngine(database);
    const { runs, handler } = failing(9);
    const task = defineTask({ name: 'seed_numbers' }, (t) => {
      t.step(
        'api',
        { retryLimit: 6, backoff: { base: '1s', max: '30s', jitter: 'none' } },
        handler,
      );
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    for (const [index, seconds] of [4, 4, 8, 16, 30].entries()) {
      const attempt = index + 1;
      await until(`attempt ${attempt} is recorded`, async () => {
        const step = await engine.tasker.step(taskId, 'api');
        return step.status === 'error' && step.attempts === attempt;
      });
      await engine.advanceClock(seconds * 1_000 - 900);
      await breathe(30);
      expect(runs).toHaveLength(attempt); // 0.9 s too early: nothing runs
      await engine.advanceClock(901);
    }
    expect(await settled(engine.tasker, taskId)).toEqual(['api error']);
    expect(runs).toEqual([1, 2, 3, 4, 5, 6]);
    const waits = await engine.sql(
      `select (extract(epoch from retry_at - finished_at) * 1000)::float8 as ms from {schema}.step_attempts
        where task_id = $1 order by attempt`,
      [taskId],
    );
    expect(waits.map((row) => row['ms'])).toEqual([4_000, 4_000, 8_000, 16_000, 30_000, null]);
    expect(await statusOf(engine.tasker, taskId)).toBe('error');
    await engine.finish();
  });

  test('knows every strategy, a function, and the task as default of its steps (row 11)', async () => {
    const engine = await startEngine(database);
    const fixed = { base: '10s', max: '5m', jitter: 'none' } as const;
    const task = defineTask(
      { name: 'strategies', retryLimit: 5, backoff: { strategy: 'linear', ...fixed } },
      (t) => {
        const { handler } = failing(9);
        t.step('linear', {}, handler);
        t.step('fixed', { backoff: { strategy: 'fixed', ...fixed } }, handler);
        t.step('fibonacci', { backoff: { strategy: 'fibonacci', ...fixed } }, handler);
        t.step('exponential', { backoff: { strategy: 'exponential', ...fixed } }, handler);
        t.step('custom', { backoff: (attempt) => attempt * 1_500 }, handler);
        t.step('none', { backoff: 'none' }, handler);
      },
    );
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    for (let failures = 1; failures < 5; failures += 1) {
      await until(`all have failed ${failures} times`, async () => {
        const steps = await engine.tasker.steps(taskId);
        return steps.every((step) => step.status === 'error' && step.attempts >= failures);
      });
      await engine.advanceClock(300_001);
    }
    await settled(engine.tasker, taskId);
    const rows = await engine.sql(
      `select n.name, array_agg((extract(epoch from a.retry_at - a.finished_at) * 1000)::float8 order by a.attempt) as ms
         from {schema}.step_attempts as a join {schema}.tasks as t on t.task_id = a.task_id
         join {schema}.named_steps as n on n.definition_id = t.definition_id and n.position = a.position
        where a.task_id = $1 group by n.name`,
      [taskId],
    );
    expect(Object.fromEntries(rows.map((row) => [row['name'], row['ms']]))).toEqual({
      linear: [10_000, 20_000, 30_000, 40_000, null],
      fixed: [10_000, 10_000, 10_000, 10_000, null],
      fibonacci: [10_000, 10_000, 20_000, 30_000, null],
      exponential: [40_000, 40_000, 80_000, 160_000, null],
      custom: [1_500, 3_000, 4_500, 6_000, null],
      none: [0, 0, 0, 0, null],
    });
    await engine.finish();
  });

  test('draws jitter anew for every attempt, within its bounds (row 11, B15)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'jitter', identity: 'none' }, (t) => {
      const backoff = { strategy: 'fixed', base: '100s', max: '100s', jitter: 'equal' } as const;
      t.step('spread', { retryLimit: 2, backoff }, failing(9).handler);
    });
    await engine.tasker.register(task);
    const many = Array.from({ length: 20 }, () => ({ context: {} }));
    const created = await engine.tasker.createMany('jitter', many);
    await until('all wait', async () => {
      const [row] = await engine.sql(`select count(*)::int as n from {schema}.step_attempts`);
      return row?.['n'] === created.length;
    });
    const rows = await engine.sql(
      `select distinct (extract(epoch from retry_at - finished_at) * 1000)::float8 as ms from {schema}.step_attempts`,
    );
    const waits = rows.map((row) => Number(row['ms']));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(50_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(100_000);
    expect(waits.length).toBeGreaterThan(10); // one draw for all would be one value
    await engine.finish();
  });

  test('counts total attempts, and runs a step of limit 1 once (row 10, B11)', async () => {
    const engine = await startEngine(database);
    const once = failing(9);
    const thrice = failing(9);
    const task = defineTask({ name: 'limits', backoff: 'none' }, (t) => {
      t.step('once', { retryLimit: 1 }, once.handler);
      t.step('thrice', {}, thrice.handler); // the default is three in all
      t.step('lucky', { retryLimit: 2 }, failing(1).handler);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'once error',
      'thrice error',
      'lucky complete',
    ]);
    expect(once.runs).toEqual([1]);
    expect(thrice.runs).toEqual([1, 2, 3]);
    await engine.finish();
  });

  test('does not retry what is not retryable, permanent, or used up (rows 10, 12)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, ['step.failed']);
    const never = failing(9);
    const permanent = failing(9, () => new PermanentError('gone', { data: { id: 9 } }));
    const task = defineTask({ name: 'final', backoff: 'none', retryLimit: 4 }, (t) => {
      t.step('never', { retryable: false }, never.handler);
      t.step('permanent', {}, permanent.handler);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    expect([never.runs, permanent.runs]).toEqual([[1], [1]]);
    expect(await engine.tasker.step(taskId, 'permanent')).toMatchObject({
      results: null,
      error: { name: 'PermanentError', message: 'gone', retryable: false, data: { id: 9 } },
    });
    expect(events).toHaveLength(2);
    expect(events[0]?.payload).toMatchObject({ attempt: 1, exhausted: true, retryInMs: null });
    await engine.finish();
  });

  test('obeys the wait that a RetryableError asks for, with its cap (row 12)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'asked', backoff: 'none' }, (t) => {
      t.step(
        'minute',
        {},
        failing(9, () => new RetryableError('503', { retryAfter: '1m' })).handler,
      );
      t.step(
        'year',
        {},
        failing(9, () => new RetryableError('503', { retryAfter: '365d' })).handler,
      );
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await until('both wait', async () =>
      (await statuses(engine.tasker, taskId)).every((step) => step.endsWith(' error')),
    );
    const rows = await engine.sql(
      `select (extract(epoch from retry_at - finished_at))::float8 as s from {schema}.step_attempts where task_id = $1 order by position`,
      [taskId],
    );
    expect(rows.map((row) => row['s'])).toEqual([60, 30 * 86_400]);
    expect(await statusOf(engine.tasker, taskId)).toBe('in_progress');
    await engine.finish();
  });

  test('keeps errors apart from results, clears them on success, and keeps them in the history (row 12, B14)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'apart', backoff: 'none' }, (t) => {
      t.step('flaky', {}, failing(2).handler);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['flaky complete']);
    expect(await engine.tasker.step(taskId, 'flaky')).toMatchObject({
      results: 'done',
      error: null,
      attempts: 3,
      processed: true,
    });
    const attempts = await engine.tasker.attempts(taskId);
    expect(attempts.map((a) => `${a.attempt} ${a.outcome}`)).toEqual([
      '1 error',
      '2 error',
      '3 success',
    ]);
    expect(attempts[0]?.error).toMatchObject({ name: 'Error', message: 'no luck' });
    await engine.finish();
  });

  test('lets independent branches run on after a failure for good, then puts the task in error (rows 10, 15)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'branches' }, (t) => {
      const bad = t.step('bad', { retryLimit: 1 }, failing(9).handler);
      const good = t.step('good', {}, () => 1);
      const flaky = t.step('flaky', { dependsOn: { good }, backoff: 'none' }, failing(1).handler);
      t.step('after_flaky', { dependsOn: { flaky } }, () => 1);
      t.step('after_both', { dependsOn: { flaky, bad } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'bad error',
      'good complete',
      'flaky complete',
      'after_flaky complete',
      'after_both pending',
    ]);
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'error', complete: false });
    await engine.finish();
  });

  test('puts one retry into the queue per failure, never two (row 10, B20)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'single' }, (t) => {
      const backoff = { base: '1h', max: '1h', jitter: 'none' } as const;
      for (const name of ['a', 'b', 'c']) t.step(name, { backoff }, failing(9).handler);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const count = async () =>
      (
        await engine.sql(`select count(*)::int as n from {schema}.ready_steps where task_id = $1`, [
          taskId,
        ])
      )[0]?.['n'];
    await until('all three have failed', async () =>
      (await statuses(engine.tasker, taskId)).every((step) => step.endsWith(' error')),
    );
    await breathe(20);
    expect(await count()).toBe(3);
    expect((await engine.tasker.steps(taskId)).map((step) => step.attempts)).toEqual([1, 1, 1]); // no hot loop
    await engine.finish();
  });
});
