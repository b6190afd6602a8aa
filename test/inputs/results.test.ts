import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, settled } from '../engine/lab.ts';

const circular: Record<string, unknown> = { name: 'loop' };
circular['self'] = circular;
class Money {
  readonly amount = 1;
}

/** What a handler returns that cannot be stored, and the code that its attempt is recorded with. */
const REFUSED: readonly (readonly [name: string, make: () => unknown, code: string | undefined])[] =
  [
    ['ten megabytes', () => ({ a: 'x'.repeat(10_000_000) }), 'RESULT_TOO_LARGE'],
    ['one byte too much', () => 'x'.repeat(1_048_576 - 1), 'RESULT_TOO_LARGE'],
    ['many bytes in few characters', () => '\u{1F600}'.repeat(300_000), 'RESULT_TOO_LARGE'],
    ['a BigInt', () => ({ a: 1n }), 'UNSERIALISABLE_RESULT'],
    ['a Buffer', () => Buffer.alloc(10), 'UNSERIALISABLE_RESULT'],
    ['a Uint8Array', () => new Uint8Array(3), 'UNSERIALISABLE_RESULT'],
    ['a circular object', () => circular, 'UNSERIALISABLE_RESULT'],
    ['an invalid Date', () => new Date(NaN), 'UNSERIALISABLE_RESULT'],
    ['a Date', () => ({ at: new Date(0) }), 'UNSERIALISABLE_RESULT'],
    ['a function', () => () => 1, 'UNSERIALISABLE_RESULT'],
    ['a symbol', () => Symbol('s'), 'UNSERIALISABLE_RESULT'],
    ['a Map', () => new Map([[1, 2]]), 'UNSERIALISABLE_RESULT'],
    ['a Set', () => new Set([1]), 'UNSERIALISABLE_RESULT'],
    ['an instance of a class', () => new Money(), 'UNSERIALISABLE_RESULT'],
    ['NaN', () => ({ a: NaN }), 'UNSERIALISABLE_RESULT'],
    ['Infinity', () => [Infinity], 'UNSERIALISABLE_RESULT'],
    ['undefined in a list', () => [1, undefined], 'UNSERIALISABLE_RESULT'],
    ['a toJSON that throws', () => ({ toJSON: thrower }), 'UNSERIALISABLE_RESULT'],
    [
      'a getter that throws',
      () => Object.defineProperty({}, 'a', { enumerable: true, get: thrower }),
      'UNSERIALISABLE_RESULT',
    ],
    ['a revoked proxy', () => revoked(), undefined], // the runtime's own TypeError
    ['5,000 levels', () => JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)), 'UNSTORABLE_RESULT'],
    ['101 levels', () => JSON.parse('['.repeat(101) + ']'.repeat(101)), 'UNSTORABLE_RESULT'],
    ['a lone surrogate', () => ({ a: '\ud800' }), 'UNSTORABLE_RESULT'],
    ['a lone surrogate in a key', () => ({ '\udc00': 1 }), 'UNSTORABLE_RESULT'],
    ['a NUL', () => ({ a: 'x\u0000y' }), 'UNSTORABLE_RESULT'],
    ['an unsafe integer', () => ({ a: 2 ** 53 + 2 }), 'UNSTORABLE_RESULT'],
    ['200,000 elements', () => Array.from({ length: 200_000 }, () => 0), 'UNSTORABLE_RESULT'],
  ];

/** What a handler returns that is odd but storable, and what is read back. */
const ACCEPTED: readonly (readonly [name: string, make: () => unknown, stored: unknown])[] = [
  ['nothing', () => undefined, null],
  ['null', () => null, null],
  ['an empty text', () => '', ''],
  ['a literal backslash-u0000', () => ({ a: '\\u0000' }), { a: '\\u0000' }],
  ['an emoji key', () => ({ '\u{1F600}': 1 }), { '\u{1F600}': 1 }],
  ['minus zero', () => ({ n: -0 }), { n: 0 }],
  ['the largest safe integer', () => Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  [
    'tiny and huge numbers',
    () => [5e-324, 1.7976931348623157e308],
    [5e-324, 1.7976931348623157e308],
  ],
  [
    '99 levels, and one more in the child',
    () => JSON.parse('['.repeat(99) + ']'.repeat(99)),
    JSON.parse('['.repeat(99) + ']'.repeat(99)),
  ],
  [
    'an own __proto__ key',
    () => JSON.parse('{"__proto__":{"x":1}}'),
    JSON.parse('{"__proto__":{"x":1}}'),
  ],
  ['an undefined member', () => ({ a: 1, b: undefined }), { a: 1 }],
  ['an object without prototype', () => Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['a promise', () => Promise.resolve({ a: 1 }), { a: 1 }],
  // oxlint-disable-next-line no-thenable -- handlers may return one, so it must be awaited
  ['a thenable', () => ({ then: (resolve: (value: unknown) => void) => resolve(7) }), 7],
  ['quotes and SQL', () => `'); drop table tasks; --"$1`, `'); drop table tasks; --"$1`],
];

function thrower(): never {
  throw new Error('boom');
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describeOnEachDatabase('results of handlers', (database) => {
  test('that cannot be stored are failed attempts with their code, and the worker goes on (row 9)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'bad_results', backoff: 'none', retryLimit: 2 }, (t) => {
      REFUSED.forEach(([, make], n) => t.step(`step_${n}`, {}, make));
      t.step('good', {}, () => 'alive');
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const steps = await engine.tasker.steps(taskId);
    const attempts = await engine.tasker.attempts(taskId);
    for (const [n, [name, , code]] of REFUSED.entries()) {
      const step = steps[n];
      expect([name, step?.status, step?.error?.code]).toEqual([name, 'error', code]);
      expect([name, step?.results, step?.attempts]).toEqual([name, null, 2]);
      const recorded = attempts.filter((attempt) => attempt.step === `step_${n}`);
      expect(recorded.map((a) => [name, a.outcome, a.error?.code])).toEqual([
        [name, 'error', code],
        [name, 'error', code],
      ]);
    }
    expect(steps.at(-1)).toMatchObject({ name: 'good', status: 'complete', results: 'alive' });
    const again = defineTask({ name: 'after' }, (t) => void t.step('only', {}, () => 1));
    const next = await engine.tasker.create(again, { ...by, context: {} });
    expect(await settled(engine.tasker, next.taskId)).toEqual(['only complete']);
    await engine.finish();
  });

  test('that are odd but storable come back as they were, to readers and dependents, and pollute nothing (row 9)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'odd_results' }, (t) => {
      ACCEPTED.forEach(([, make], n) => {
        const parent = t.step(`step_${n}`, {}, make);
        t.step(`child_${n}`, { dependsOn: { parent } }, ({ deps }) => ({ seen: deps.parent }));
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.waitFor(taskId, { timeout: '30s' });
    const steps = await engine.tasker.steps(taskId);
    for (const [n, [name, , stored]] of ACCEPTED.entries()) {
      expect([name, steps[2 * n]?.results]).toEqual([name, stored]);
      expect([name, steps[2 * n + 1]?.results]).toEqual([name, { seen: stored }]);
    }
    expect(Reflect.get({}, 'x')).toBeUndefined();
    await engine.finish();
  });

  test('are checked against the result schema of their step (rows 9, 17)', async () => {
    const engine = await startEngine(database);
    const resultSchema = {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'integer' } },
    };
    const task = defineTask({ name: 'schema', retryLimit: 1 }, (t) => {
      t.step('fits', { resultSchema }, () => ({ id: 1 }));
      t.step('misses', { resultSchema }, () => ({ id: 'one' }));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['fits complete', 'misses error']);
    expect((await engine.tasker.step(taskId, 'misses')).error).toMatchObject({
      code: 'INVALID_RESULT',
      message: expect.stringContaining('id'),
    });
    await engine.finish();
  });
});
