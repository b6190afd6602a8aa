import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import type { TaskRequest } from '../../src/model/task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, refusedWithoutTrace, settled } from '../engine/lab.ts';

const base = { ...by, context: { a: 1 } };
const context = (value: unknown): unknown => ({ ...base, context: value });
const json = (text: string): unknown => context(JSON.parse(text));
const levels = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** Requests that are refused, with the code. What crosses the public door is not typed, so neither are these. */
const REFUSED: readonly (readonly [name: string, request: unknown, code: ErrorCode])[] = [
  ['no request', undefined, 'INVALID_REQUEST'],
  ['null', null, 'INVALID_REQUEST'],
  ['a list', [], 'INVALID_REQUEST'],
  ['a text', 'x', 'INVALID_REQUEST'],
  ['no context', { ...by }, 'INVALID_REQUEST'],
  ['a null context', context(null), 'INVALID_REQUEST'],
  ['a text as context', context('{}'), 'INVALID_REQUEST'],
  ['a list as context', context([]), 'INVALID_REQUEST'],
  ['a Map as context', context(new Map()), 'UNSTORABLE_VALUE'],
  ['more than a megabyte', context({ a: 'x'.repeat(1_048_577) }), 'VALUE_TOO_LARGE'],
  ['500,000 levels', context({ a: JSON.parse(levels(500_000)) }), 'UNSTORABLE_VALUE'],
  ['100 levels below the root', context({ a: JSON.parse(levels(100)) }), 'UNSTORABLE_VALUE'],
  ['a NUL', context({ a: 'x\u0000y' }), 'UNSTORABLE_VALUE'],
  ['a NUL far inside', context({ a: [[[{ b: '\u0000' }]]] }), 'UNSTORABLE_VALUE'],
  ['a NUL in a key', context({ 'a\u0000': 1 }), 'UNSTORABLE_VALUE'],
  ['a lone high surrogate', json('{"a":"\\ud800"}'), 'UNSTORABLE_VALUE'],
  ['a lone low surrogate', json('{"a":"\\udc00"}'), 'UNSTORABLE_VALUE'],
  ['a lone surrogate in a key', json('{"\\ud800":1}'), 'UNSTORABLE_VALUE'],
  ['__proto__', json('{"a":{"b":{"__proto__":{"x":1}}}}'), 'UNSTORABLE_VALUE'],
  ['constructor.prototype', json('{"constructor":{"prototype":{"x":1}}}'), 'UNSTORABLE_VALUE'],
  ['an integer beyond 2^53', json('{"n":9007199254740993}'), 'UNSTORABLE_VALUE'],
  ['NaN', context({ n: NaN }), 'UNSTORABLE_VALUE'],
  ['a number of a million digits', json(`{"n":${'9'.repeat(900_000)}}`), 'UNSTORABLE_VALUE'],
  ['a Date', context({ at: new Date(0) }), 'UNSTORABLE_VALUE'],
  ['a BigInt', context({ n: 1n }), 'UNSTORABLE_VALUE'],
  ['undefined in a list', context({ a: [undefined] }), 'UNSTORABLE_VALUE'],
  ['a field of the database', { ...base, status: 'complete' }, 'INVALID_REQUEST'],
  ['another one', { ...base, task_id: 1 }, 'INVALID_REQUEST'],
  ['a misspelt field', { ...base, initiater: 'me' }, 'INVALID_REQUEST'],
  ['a long reason', { ...base, reason: 'r'.repeat(129) }, 'INVALID_REQUEST'],
  ['a huge reason', { ...base, reason: 'r'.repeat(900_000) }, 'INVALID_REQUEST'],
  ['an empty initiator', { ...base, initiator: '' }, 'INVALID_REQUEST'],
  ['a number as source system', { ...base, sourceSystem: 5 }, 'INVALID_REQUEST'],
  ['a NUL in the initiator', { ...base, initiator: 'a\u0000' }, 'INVALID_REQUEST'],
  ['tags that are null', { ...base, tags: null }, 'INVALID_REQUEST'],
  ['bypassed steps that are null', { ...base, bypassSteps: null }, 'INVALID_REQUEST'],
  ['tags that are an object', { ...base, tags: { a: 1 } }, 'INVALID_REQUEST'],
  ['a tag that is a number', { ...base, tags: [1] }, 'INVALID_REQUEST'],
  ['a NUL in a tag', { ...base, tags: ['a\u0000'] }, 'INVALID_REQUEST'],
  ['a long tag', { ...base, tags: ['t'.repeat(20_000)] }, 'INVALID_REQUEST'],
  ['an empty tag', { ...base, tags: [''] }, 'INVALID_REQUEST'],
  [
    'too many tags',
    { ...base, tags: Array.from({ length: 65 }, (_, n) => `t${n}`) },
    'INVALID_REQUEST',
  ],
  ['a huge priority', { ...base, priority: 2_147_483_648 }, 'INVALID_REQUEST'],
  ['a priority of 1001', { ...base, priority: 1_001 }, 'INVALID_REQUEST'],
  ['half a priority', { ...base, priority: 0.5 }, 'INVALID_REQUEST'],
  ['NaN as priority', { ...base, priority: NaN }, 'INVALID_REQUEST'],
  ['an empty key', { ...base, idempotencyKey: '' }, 'INVALID_REQUEST'],
  ['a long key', { ...base, idempotencyKey: 'k'.repeat(5_000) }, 'INVALID_REQUEST'],
  ['a key that is an object', { ...base, idempotencyKey: {} }, 'INVALID_REQUEST'],
  ['a time that is a text', { ...base, requestedAt: '2026-01-01' }, 'INVALID_REQUEST'],
  ['an invalid Date', { ...base, requestedAt: new Date(NaN) }, 'INVALID_REQUEST'],
  ['the year 300000', { ...base, requestedAt: new Date(Date.UTC(270_000, 0)) }, 'INVALID_REQUEST'],
  ['a bypass that is a text', { ...base, bypassSteps: 'only' }, 'INVALID_REQUEST'],
  ['a bypass that is a number', { ...base, bypassSteps: [0] }, 'INVALID_REQUEST'],
  ['too many bypassed steps', { ...base, bypassSteps: ['only', 'only'] }, 'INVALID_REQUEST'],
  ['an unknown bypassed step', { ...base, bypassSteps: ['onyl'] }, 'UNKNOWN_BYPASS_STEP'],
  ['a bypassed step of Object', { ...base, bypassSteps: ['toString'] }, 'UNKNOWN_BYPASS_STEP'],
  ['a step that may not be bypassed', { ...base, bypassSteps: ['only'] }, 'STEP_NOT_SKIPPABLE'],
];

/** Contexts that are odd but fine, and what is read back. */
const ACCEPTED: readonly (readonly [name: string, sent: object, stored: object])[] = [
  ['an emoji key', { '\u{1F600}': 1 }, { '\u{1F600}': 1 }],
  ['a literal backslash-u0000', { a: '\\u0000' }, { a: '\\u0000' }],
  ['minus zero', { n: -0 }, { n: 0 }],
  ['an empty object', {}, {}],
  ['99 levels below the root', { a: JSON.parse(levels(99)) }, { a: JSON.parse(levels(99)) }],
  ['a key named constructor', { constructor: 1, prototype: 2 }, { constructor: 1, prototype: 2 }],
  ['a repeated key', JSON.parse('{"a":1,"a":2}'), { a: 2 }],
  ['a number too small to tell from zero', JSON.parse('{"n":1e-17000}'), { n: 0 }],
  ['an empty key', { '': 1 }, { '': 1 }],
  ['right-to-left text and accents', { a: '\u202eabc e\u0301 é' }, { a: '\u202eabc e\u0301 é' }],
  ['something like a template', { a: '{{ secrets.X }} $1 %s' }, { a: '{{ secrets.X }} $1 %s' }],
];

const task = defineTask({ name: 'w', identity: 'none' }, (t) => {
  t.step('only', {}, ({ context: seen }) => seen);
});

describeOnEachDatabase('requests from outside', (database) => {
  test('are refused with their code and leave no trace when they are bad (rows 5, 6, 14)', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(task);
    for (const [name, request, code] of REFUSED) {
      const send = () => engine.tasker.create('w', request as TaskRequest); // no such thing: that is the point
      await refusedWithoutTrace(engine, send, code).catch((error: unknown) => {
        throw new Error(`${name}: ${String(error)}`, { cause: error });
      });
    }
    await engine.finish();
  });

  test('name tasks that exist, whatever the name is made of (row 4)', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(task);
    const names = [
      '',
      'W',
      'no_such_task',
      '__proto__',
      'hasOwnProperty',
      'toString',
      'default/',
      '@',
      'w@9',
      "w'; drop table tasks;--",
      'w\u0000',
      'x'.repeat(100_000),
    ];
    for (const name of names)
      await refusedWithoutTrace(
        engine,
        () => engine.tasker.create(name, base),
        'DEFINITION_NOT_FOUND',
      );
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create({ $ne: null } as unknown as string, base), // what a careless host passes on
      'DEFINITION_NOT_FOUND',
    );
    await engine.finish();
  });

  test('are stored as they were sent when they are odd but fine, and handlers see the same (rows 5, 6, 9)', async () => {
    const engine = await startEngine(database);
    await engine.tasker.register(task);
    for (const [name, sent, stored] of ACCEPTED) {
      const { taskId } = await engine.tasker.create('w', context(sent) as TaskRequest); // made above
      await settled(engine.tasker, taskId);
      expect([name, (await engine.tasker.task(taskId)).context]).toEqual([name, stored]);
      expect([name, (await engine.tasker.step(taskId, 'only')).results]).toEqual([name, stored]);
    }
    const key = '\u{1F511} Schlüssel; -- $1';
    const first = await engine.tasker.create('w', { ...base, idempotencyKey: key });
    const again = await engine.tasker.create('w', { ...base, idempotencyKey: key });
    expect(again).toMatchObject({ taskId: first.taskId, created: false });
    await settled(engine.tasker, first.taskId);
    await engine.finish();
  });

  test('with one key and another content are a conflict; 50 at once with one key are one task (row 7)', async () => {
    const engine = await startEngine(database);
    await engine.tasker.register(task);
    const { taskId } = await engine.tasker.create('w', { ...base, idempotencyKey: 'K' });
    await settled(engine.tasker, taskId); // so that nothing else moves between the two counts
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create('w', { ...base, idempotencyKey: 'K', context: { a: 2 } }),
      'IDEMPOTENCY_CONFLICT',
    );
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => engine.tasker.create('w', { ...base, idempotencyKey: 'R' })),
    );
    expect(new Set(answers.map((answer) => answer.taskId)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    await settled(engine.tasker, answers[0]?.taskId ?? 0);
    await engine.finish();
  });
});
