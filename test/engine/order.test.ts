import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError, RetryableError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';

const by = { initiator: 'test', reason: 'test', sourceSystem: 'test' };

describeOnEachDatabase('a task of five steps', (database) => {
  test('runs as a DAG, hands results on, retries, and completes (rows 8, 9, 10, 15)', async () => {
    const engine = await startEngine(database);
    const order: string[] = [];
    const define = defineTask({ name: 'order', backoff: { base: '1ms', jitter: 'none' } }, (t) => {
      const note = (name: string): void => void order.push(name);
      const cart = t.step('fetch_cart', {}, ({ context }) => (note('cart'), { lines: [context] }));
      const products = t.step('fetch_products', {}, ({ step }) => {
        note('products');
        if (step.attempt === 1) throw new RetryableError('503 from the shop');
        return { count: 2 };
      });
      const valid = t.step(
        'validate',
        { dependsOn: { cart, products } },
        ({ deps }) => (note('validate'), deps.products.count),
      );
      const created = t.step('create', { dependsOn: { valid } }, ({ deps, sequence }) => {
        note('create');
        return { id: deps.valid, same: sequence.findStepByName('validate')?.results ?? null };
      });
      t.step('publish', { dependsOn: { created } }, () => note('publish'));
      return { created };
    });
    const handle = await engine.tasker.create(define, { context: { cart_id: 3 }, ...by });
    expect(await handle.result({ timeout: '10s' })).toEqual({ created: { id: 2, same: 2 } });
    expect(order.slice(0, 3).toSorted()).toEqual(['cart', 'products', 'products']);
    expect(order.slice(3)).toEqual(['validate', 'create', 'publish']);
    const task = await engine.tasker.task(handle.taskId);
    expect(task).toMatchObject({ status: 'complete', complete: true, initiator: 'test' });
    const attempts = await engine.tasker.attempts(handle.taskId);
    expect(attempts.map((a) => `${a.step} ${a.attempt} ${a.outcome}`)).toContain(
      'fetch_products 1 error',
    );
    const [worker] = await engine.tasker.workers();
    expect(new Set(attempts.map((a) => a.workerId))).toEqual(new Set([worker?.workerId]));
    await engine.finish();
  });

  test('ends in error when a step fails for good, after the other branches have run (row 10)', async () => {
    const engine = await startEngine(database);
    const define = defineTask({ name: 'failing' }, (t) => {
      const bad = t.step('bad', {}, () => {
        throw new PermanentError('no such cart', { data: { cart_id: 9 } });
      });
      t.step('after_bad', { dependsOn: { bad } }, () => 1);
      const good = t.step('good', {}, () => 1);
      t.step('after_good', { dependsOn: { good } }, () => 2);
    });
    const { taskId } = await engine.tasker.create(define, { context: {}, ...by });
    expect(await engine.tasker.waitFor(taskId, { timeout: '10s' })).toMatchObject({
      status: 'error',
      complete: false,
    });
    const steps = await engine.tasker.steps(taskId);
    expect(steps.map((s) => `${s.name} ${s.status}`)).toEqual([
      'bad error',
      'after_bad pending',
      'good complete',
      'after_good complete',
    ]);
    expect(steps[0]?.error).toMatchObject({
      name: 'PermanentError',
      message: 'no such cart',
      retryable: false,
    });
    await engine.finish();
  });
});
