import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { MAX_MESSAGE_BYTES } from '../../src/kernel/serialize-error.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import { breathe, by, settled } from '../engine/lab.ts';

/** What a handler throws, and what must be found in the stored error. */
const THROWN: readonly (readonly [name: string, make: () => unknown, stored: object])[] = [
  ['an Error', () => new TypeError('plain'), { name: 'TypeError', message: 'plain' }],
  ['undefined', () => undefined, { name: 'NonError', message: 'The handler threw undefined' }],
  ['null', () => null, { name: 'NonError', message: 'The handler threw null' }],
  ['a text', () => 'just text', { name: 'NonError', message: 'just text' }],
  ['a symbol', () => Symbol('s'), { name: 'NonError', message: 'The handler threw Symbol(s)' }],
  ['a BigInt', () => 5n, { name: 'NonError' }],
  ['a plain object', () => ({ code: 'E42', why: 'odd' }), { code: 'E42' }],
  ['an object without prototype', () => Object.create(null), { name: 'Error' }],
  [
    'a getter for its message that throws',
    () => ({
      get message() {
        throw new Error('inner');
      },
    }),
    { name: 'Object' },
  ],
  ['a circular cause', () => withCircularCause(), { message: 'its own cause' }],
  ['a deep chain of causes', () => chainOfCauses(50), { message: 'cause 50' }],
  [
    'an AggregateError of thousands',
    () =>
      new AggregateError(
        Array.from({ length: 5_000 }, () => new Error('one')),
        'many',
      ),
    { message: 'many' },
  ],
  ['a function', () => () => 1, {}],
  ['a revoked proxy', () => revoked(), {}],
  ['a name that is no text', () => Object.assign(new Error('m'), { name: 5n }), { message: 'm' }],
  [
    'data that cannot be stored',
    () => Object.assign(new Error('m'), { data: { a: '\u0000' } }),
    { message: 'm', altered: true },
  ],
];

function withCircularCause(): Error {
  const error = new Error('its own cause');
  error.cause = error;
  return error;
}

function chainOfCauses(length: number): Error {
  let error = new Error('cause 0');
  for (let n = 1; n <= length; n += 1) error = new Error(`cause ${n}`, { cause: error });
  return error;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describeOnEachDatabase('errors of handlers', (database) => {
  test('of every sort are recorded, thrown or rejected, and the worker goes on (row 12)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'thrown', retryLimit: 1 }, (t) => {
      THROWN.forEach(([, make], n) => {
        t.step(`throws_${n}`, {}, () => {
          throw make();
        });
        t.step(`rejects_${n}`, {}, () => Promise.reject(make() as Error)); // whatever it is: that is the point
      });
      t.step('good', {}, () => 'alive');
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const steps = await engine.tasker.steps(taskId);
    for (const [n, [name, , stored]] of THROWN.entries()) {
      for (const step of [steps[2 * n], steps[2 * n + 1]]) {
        expect([name, step?.status, step?.attempts]).toEqual([name, 'error', 1]);
        expect(step?.error, name).toMatchObject(stored);
        expect(step?.error?.message, name).not.toBe('');
      }
    }
    expect(steps.at(-1)).toMatchObject({ status: 'complete' });
    expect(await engine.tasker.attempts(taskId)).toHaveLength(2 * THROWN.length + 1);
    await engine.finish();
  });

  test('with ten megabytes of message are cut, a NUL in them is replaced, and both is marked (row 12)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'long', retryLimit: 1 }, (t) => {
      t.step('long', {}, () => {
        throw new Error(`a\u0000b${'x'.repeat(10_000_000)}\u0000`);
      });
      t.step('surrogate', {}, () => {
        throw new Error('broken \ud800 text');
      });
      t.step('attached', {}, () => {
        throw Object.assign(new Error('m'), { data: { big: 'x'.repeat(1_000_000) } });
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const [long, surrogate, attached] = await engine.tasker.steps(taskId);
    expect(long?.error?.message.startsWith('a\ufffdbxxx')).toBe(true);
    expect(Buffer.byteLength(long?.error?.message ?? '')).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(long?.error?.altered).toBe(true);
    expect(surrogate?.error).toMatchObject({ message: 'broken \ufffd text', altered: true });
    expect(attached?.error).toMatchObject({ message: 'm', altered: true });
    expect(attached?.error).not.toHaveProperty('data');
    await engine.finish();
  });

  test('do not carry secrets into the database (row 12)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'secret', retryLimit: 1 }, (t) => {
      t.step('only', {}, () => {
        throw new Error('cannot reach postgres://app:hunter2@db/shop with Bearer abcdef0123456789');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const rows = await engine.sql(
      `select error::text as error from {schema}.workflow_steps union all select error::text from {schema}.step_attempts`,
    );
    expect(JSON.stringify(rows)).not.toMatch(/hunter2|abcdef0123456789/);
    expect(rows).toHaveLength(2);
    await engine.finish();
  });

  test('that never come are ended by the timeout; what a handler does later is ignored (row 18, B22)', async () => {
    const engine = await startEngine(database);
    const late = gate();
    const seen: string[] = [];
    const task = defineTask({ name: 'never', retryLimit: 1 }, (t) => {
      t.step('never', { timeout: '60ms' }, () => new Promise(() => undefined));
      t.step('ignores', { timeout: '60ms' }, async ({ signal }) => {
        await late.opened;
        seen.push(signal.aborted ? 'aborted' : 'still open');
        return 'too late';
      });
      t.step(
        'obeys',
        { timeout: '60ms' },
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      );
      t.step('throws_late', { timeout: '60ms' }, async () => {
        await late.opened;
        throw new Error('too late');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    late.open();
    await breathe(20);
    for (const step of await engine.tasker.steps(taskId)) {
      expect(step).toMatchObject({
        status: 'error',
        results: null,
        error: { code: 'STEP_TIMEOUT' },
      });
    }
    expect((await engine.tasker.attempts(taskId)).map((a) => a.outcome)).toEqual(
      Array.from({ length: 4 }, () => 'timeout'),
    );
    expect(seen).toEqual(['aborted']);
    // The slots of handlers that never end are free again.
    const after = defineTask({ name: 'after' }, (t) => {
      for (let n = 0; n < 25; n += 1) t.step(`s${n}`, {}, () => n);
    });
    const next = await engine.tasker.create(after, { ...by, context: {} });
    const steps = await settled(engine.tasker, next.taskId);
    expect(steps.every((step) => step.endsWith('complete'))).toBe(true);
    await engine.finish();
  });
});
