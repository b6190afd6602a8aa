import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, refused, refusedWithoutTrace, rowCounts, settled } from './lab.ts';

const minute = (second: number): Date => new Date(Date.UTC(2026, 0, 5, 10, 0, second));

describeOnEachDatabase('requests and their identity', (database) => {
  test('fills in the defaults of a request and stores what was sent (row 6)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'plain', identity: 'none', priority: 4 }, (t) => {
      t.step('only', { skippable: true }, () => 1);
    });
    await engine.tasker.register(task);
    const bare = await engine.tasker.create('plain', { context: {} });
    const before = Date.now();
    const bareTask = await engine.tasker.task(bare.taskId);
    expect(bareTask).toMatchObject({
      initiator: 'unknown',
      reason: 'unknown',
      sourceSystem: 'unknown',
      tags: [],
      bypassSteps: [],
      priority: 4,
      idempotencyKey: null,
      status: 'pending',
      complete: false,
    });
    expect(Math.abs(bareTask.requestedAt.getTime() - before)).toBeLessThan(60_000);
    const full = {
      context: { cart_id: 3 },
      initiator: 'carol',
      reason: 'checkout',
      sourceSystem: 'shop',
      tags: ['eu', 'b2b'],
      bypassSteps: ['only'],
      requestedAt: minute(7),
      priority: -9,
      idempotencyKey: 'order 3',
    };
    const { taskId } = await engine.tasker.create('plain', full);
    expect(await engine.tasker.task(taskId)).toMatchObject(full);
    await engine.finish();
  });

  test('refuses the same request again and names the existing task (row 7, B5)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'hashed' }, (t) => void t.step('only', {}, () => 1));
    const request = { ...by, context: { a: 1, b: [{ c: 2, d: 3 }] }, requestedAt: minute(30) };
    const { taskId, created } = await engine.tasker.create(task, request);
    expect(created).toBe(true);
    await expect(engine.tasker.create(task, request)).rejects.toMatchObject({
      code: 'DUPLICATE_TASK',
      status: 409,
      details: { taskId },
    });
    // The order of keys and the tags make no other request.
    await refusedWithoutTrace(
      engine,
      () =>
        engine.tasker.create(task, {
          ...request,
          context: { b: [{ d: 3, c: 2 }], a: 1 },
          tags: ['new'],
        }),
      'DUPLICATE_TASK',
    );
    // Everything else does.
    for (const other of [
      { context: { a: 1 } },
      { initiator: 'else' },
      { reason: 'else' },
      { sourceSystem: 'else' },
    ]) {
      expect((await engine.tasker.create(task, { ...request, ...other })).created).toBe(true);
    }
    await engine.finish();
  });

  test('slides its window: 59 s apart is a repetition across a minute edge, 61 s is not (row 7, B5)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'window' }, (t) => void t.step('only', {}, () => 1));
    const at = (second: number) =>
      engine.tasker.create(task, { ...by, context: {}, requestedAt: minute(second) });
    const first = await at(50);
    await refused(at(50 + 59), 'DUPLICATE_TASK'); // 10:00:50 and 10:01:49: two minutes by the clock, one request
    const second = await at(50 + 61);
    expect(second.taskId).not.toBe(first.taskId);
    await refused(at(50 + 61 + 59), 'DUPLICATE_TASK'); // the window runs from the last accepted one
    await engine.finish();
  });

  test('forgets a request after its window by the engine clock (row 7)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask(
      { name: 'own_window', identity: { strategy: 'hash', window: '10m' } },
      (t) => void t.step('only', {}, () => 1),
    );
    const again = () => engine.tasker.create(task, { ...by, context: {} });
    await again();
    await engine.advanceClock(9 * 60_000);
    await refused(again(), 'DUPLICATE_TASK');
    await engine.advanceClock(61_000);
    expect(await again()).toMatchObject({ created: true });
    await engine.finish();
  });

  test('knows the strategies none, key and custom (row 7)', async () => {
    const engine = await startEngine(database, { worker: false });
    const none = defineTask(
      { name: 'none', identity: 'none' },
      (t) => void t.step('s', {}, () => 1),
    );
    const first = await engine.tasker.create(none, { ...by, context: {} });
    const second = await engine.tasker.create(none, { ...by, context: {} });
    expect(second.taskId).not.toBe(first.taskId);

    const keyed = defineTask(
      { name: 'keyed', identity: 'key' },
      (t) => void t.step('s', {}, () => 1),
    );
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create(keyed, { ...by, context: {} }),
      'INVALID_REQUEST',
    );

    const custom = defineTask(
      {
        name: 'custom',
        identity: (request) => String(Reflect.get(Object(request.context), 'order')),
      },
      (t) => void t.step('s', {}, () => 1),
    );
    const order = (n: number, note: string) =>
      engine.tasker.create(custom, { ...by, context: { order: n, note } });
    await order(1, 'a');
    await refused(order(1, 'b'), 'DUPLICATE_TASK');
    expect((await order(2, 'a')).created).toBe(true);
    await engine.finish();
  });

  test('answers a repeated key with the existing task, and another content with a conflict (row 7)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'idempotent' }, (t) => void t.step('only', {}, () => 1));
    const send = (n: number) =>
      engine.tasker.create(task, { ...by, context: { n }, idempotencyKey: 'K' });
    const first = await send(1);
    expect(await send(1)).toMatchObject({ taskId: first.taskId, created: false });
    await engine.advanceClock(86_400_000); // a key holds for good
    expect(await send(1)).toMatchObject({ taskId: first.taskId, created: false });
    await refusedWithoutTrace(engine, () => send(2), 'IDEMPOTENCY_CONFLICT');

    const other = defineTask({ name: 'other' }, (t) => void t.step('only', {}, () => 1));
    const elsewhere = await engine.tasker.create(other, {
      ...by,
      context: { n: 1 },
      idempotencyKey: 'K',
    });
    expect(elsewhere.created).toBe(true); // keys of different tasks never meet
    await engine.finish();
  });

  test('makes one task of 20 concurrent requests with one key (row 7, B5)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'race' }, (t) => void t.step('only', {}, () => 1));
    const send = () => engine.tasker.create(task, { ...by, context: {}, idempotencyKey: 'R' });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map((a) => a.taskId)).size).toBe(1);
    expect(answers.filter((a) => a.created)).toHaveLength(1);
    expect(await rowCounts(engine)).toMatchObject({ tasks: 1, workflow_steps: 1 });
    await settled(engine.tasker, answers[0]?.taskId ?? 0);
    await engine.finish();
  });

  test('creates all tasks of one call or none (rows 5, 7)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'many' }, (t) => void t.step('only', {}, () => 1));
    await engine.tasker.register(task);
    const requests = Array.from({ length: 700 }, (_, n) => ({ ...by, context: { n } }));
    const created = await engine.tasker.createMany('many', requests);
    expect(new Set(created.map((c) => c.taskId)).size).toBe(700);
    const [first, last] = [created[0], created[699]];
    expect((await engine.tasker.task(first?.taskId ?? 0)).context).toEqual({ n: 0 });
    expect((await engine.tasker.task(last?.taskId ?? 0)).context).toEqual({ n: 699 });
    const half = [
      { ...by, context: { n: 1_000 } },
      { ...by, context: { n: 5 } }, // asked for a moment ago
    ];
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.createMany('many', half),
      'DUPLICATE_TASK',
    );
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.createMany('many', [{ context: { n: 2_000 } }, { context: 5 }]),
      'INVALID_REQUEST',
    );
    await engine.finish();
  });

  test('checks the context, names every fault with its path, and stores nothing of a bad one (row 5, B3, B4)', async () => {
    const engine = await startEngine(database);
    const seen: unknown[] = [];
    const task = defineTask(
      {
        name: 'checked',
        schema: {
          type: 'object',
          required: ['cart_id'],
          additionalProperties: false,
          properties: {
            cart_id: { type: 'integer' },
            currency: { type: 'string', default: 'EUR' },
            note: { type: 'string' },
          },
        },
      },
      (t) => void t.step('only', {}, ({ context }) => void seen.push(context)),
    );
    await engine.tasker.register(task);
    const before = await rowCounts(engine);
    await expect(
      engine.tasker.create('checked', { context: { cart_id: '3', extra: true } }),
    ).rejects.toMatchObject({
      code: 'INVALID_CONTEXT',
      details: {
        problems: expect.arrayContaining([
          expect.objectContaining({ path: expect.stringContaining('cart_id') }),
        ]),
      },
    });
    await refused(engine.tasker.create('checked', { context: {} }), 'INVALID_CONTEXT');
    expect(await rowCounts(engine)).toEqual(before);
    const { taskId } = await engine.tasker.create('checked', { context: { cart_id: 3 } }); // the note is optional
    await settled(engine.tasker, taskId);
    expect(seen).toEqual([{ cart_id: 3, currency: 'EUR' }]); // the default is stored, and seen
    expect((await engine.tasker.task(taskId)).context).toEqual({ cart_id: 3, currency: 'EUR' });
    await engine.finish();
  });

  test('takes any Standard Schema, with its defaults and transformations (row 5)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask(
      {
        name: 'zod',
        schema: z.object({ id: z.number().int(), tag: z.string().default('none') }),
      },
      (t) => void t.step('only', {}, ({ context }) => context.tag),
    );
    const { taskId } = await engine.tasker.create(task, { ...by, context: { id: 7 } });
    expect((await engine.tasker.task(taskId)).context).toEqual({ id: 7, tag: 'none' });
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create('zod', { context: { id: 'seven' } }),
      'INVALID_CONTEXT',
    );
    await engine.finish();
  });
});
