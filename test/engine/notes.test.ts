import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import { breathe, by, operator, refused, refusedWithoutTrace, rowCounts, settled } from './lab.ts';

describeOnEachDatabase('annotations', (database) => {
  test('are stored with the step that succeeds, once however often it was tried (row 19, B25)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'noted', backoff: 'none' }, (t) => {
      t.step('flaky', {}, ({ annotate, step }) => {
        annotate('order', { attempt: step.attempt, id: 'A-1' });
        annotate('order', { attempt: step.attempt, id: 'A-2' }); // the same type twice in one step replaces
        annotate('trace', [step.attempt]);
        if (step.attempt < 3) throw new Error('again');
      });
      t.step('other', {}, ({ annotate }) => annotate('order', { id: 'B-1' }));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const notes = await engine.tasker.annotations(taskId);
    expect(notes.map(({ type, step, annotation }) => [step, type, annotation])).toEqual(
      expect.arrayContaining([
        ['flaky', 'order', { attempt: 3, id: 'A-2' }],
        ['flaky', 'trace', [3]],
        ['other', 'order', { id: 'B-1' }],
      ]),
    );
    expect(await rowCounts(engine)).toMatchObject({ annotation_types: 2, task_annotations: 3 });
    await engine.finish();
  });

  test('of a failed, cancelled or late attempt are not stored (row 19, B38)', async () => {
    const engine = await startEngine(database);
    const running = gate();
    const release = gate();
    const task = defineTask({ name: 'unnoted', retryLimit: 1 }, (t) => {
      t.step('failed', {}, ({ annotate }) => {
        annotate('lost', {});
        throw new Error('no');
      });
      t.step('cancelled', {}, async ({ annotate }) => {
        annotate('lost', {});
        running.open();
        await release.opened;
        annotate('lost', { late: true });
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await running.opened;
    await engine.tasker.cancelStep(taskId, 'cancelled', operator);
    release.open();
    await settled(engine.tasker, taskId);
    await breathe(30);
    expect(await engine.tasker.annotations(taskId)).toEqual([]);
    await engine.finish();
  });

  test('that cannot be stored fail their attempt and leave the task and the worker alive (row 19, B38)', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'bad_note', retryLimit: 1 }, (t) => {
      t.step('nul', {}, ({ annotate }) => annotate('note', { text: '\u0000' }));
      t.step('long_type', {}, ({ annotate }) => annotate('n'.repeat(65), {}));
      t.step('good', {}, ({ annotate }) => annotate('note', { text: '\\u0000' }));
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'nul error',
      'long_type error',
      'good complete',
    ]);
    const notes = await engine.tasker.annotations(taskId);
    expect(notes.map((note) => note.annotation)).toEqual([{ text: '\\u0000' }]);
    expect((await engine.tasker.step(taskId, 'nul')).error).toMatchObject({
      code: 'UNSTORABLE_VALUE',
    });
    await engine.finish();
  });

  test('are found by type, key and value on the same annotation, each task once (row 19, B25)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask(
      { name: 'found', identity: 'none' },
      (t) => void t.step('s', {}, () => 1),
    );
    const create = async () => (await engine.tasker.create(task, { ...by, context: {} })).taskId;
    const [one, two, three] = [await create(), await create(), await create()];
    await engine.tasker.annotate(one, 'order', { id: 'A-1', state: 'open' });
    await engine.tasker.annotate(one, 'invoice', { id: 'A-2' });
    await engine.tasker.annotate(two, 'order', { id: 'A-2' });
    await engine.tasker.annotate(two, 'refund', { id: 'A-2', order: 'A-2' });
    await engine.tasker.annotate(three, 'order', { id: 17, paid: true, 'odd key; --': 'x' });
    const find = async (type: string, key: string, value: string) =>
      (await engine.tasker.tasksByAnnotation({ type, key, value })).map((found) => found.taskId);
    expect(await find('order', 'id', 'A-1')).toEqual([one]);
    expect(await find('order', 'id', 'A-2')).toEqual([two]); // not `one`, whose invoice has that id
    expect(await find('invoice', 'id', 'A-2')).toEqual([one]);
    expect(await find('order', 'id', '17')).toEqual([three]); // a number, written as text
    expect(await find('order', 'paid', 'true')).toEqual([three]);
    expect(await find('order', 'odd key; --', 'x')).toEqual([three]);
    expect(await find('nothing', 'id', 'A-1')).toEqual([]);
    await engine.tasker.annotate(one, 'order', { id: 'A-2' }); // replaces
    expect(await find('order', 'id', 'A-1')).toEqual([]);
    expect(await find('order', 'id', 'A-2')).toEqual([two, one]); // newest first
    expect(
      await engine.tasker.tasksByAnnotation({ type: 'order', key: 'id', value: 'A-2', limit: 1 }),
    ).toHaveLength(1);
    await engine.finish();
  });

  test('are refused with nothing stored when the task, the type or the value is bad (row 19)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'refusing' }, (t) => void t.step('s', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const bad = (id: number, type: string, value: null | object) =>
      refusedWithoutTrace(
        engine,
        () => engine.tasker.annotate(id, type, JSON.parse(JSON.stringify(value))),
        id === taskId ? 'INVALID_REQUEST' : 'TASK_NOT_FOUND',
      );
    await bad(taskId + 1, 'note', {});
    await bad(taskId, '', {});
    await bad(taskId, 'n'.repeat(65), {});
    await bad(taskId, 'a\u0000', {});
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.annotate(taskId, 'note', { text: '\ud800' }),
      'UNSTORABLE_VALUE',
    );
    await refused(
      engine.tasker.tasksByAnnotation({ type: 'note', key: '', value: 'x' }),
      'INVALID_REQUEST',
    );
    await refused(
      engine.tasker.tasksByAnnotation({ type: 'note', key: 'k', value: 'x', limit: 0 }),
      'INVALID_REQUEST',
    );
    await engine.finish();
  });
});

describeOnEachDatabase('dependent systems and object maps', (database) => {
  test('systems are made from definitions and from maps, each once (row 20)', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'systems', defaultDependentSystem: 'shop' }, (t) => {
      t.step('a', {}, () => 1);
      t.step('b', { dependentSystem: 'warehouse' }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.mapObjects({ system: 'shop', id: '1' }, { system: 'crm', id: '1' });
    const systems = await engine.tasker.dependentSystems();
    expect(systems.map((system) => system.name)).toEqual(['crm', 'shop', 'warehouse']);
    const steps = await engine.tasker.steps(taskId);
    expect(steps.map((step) => step.dependentSystem)).toEqual(['shop', 'warehouse']);
    await engine.finish();
  });

  test('a pair is one row whatever its order, also with 20 concurrent reversed callers (row 20, B26)', async () => {
    const engine = await startEngine(database, { worker: false });
    const shop = { system: 'shop', id: 'order 7' };
    const crm = { system: 'crm', id: '0047' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0 ? engine.tasker.mapObjects(shop, crm) : engine.tasker.mapObjects(crm, shop),
      ),
    );
    expect(new Set(answers.map((answer) => answer.objectMapId)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(await rowCounts(engine)).toMatchObject({ dependent_system_object_maps: 1 });
    expect(await engine.tasker.mappedObjects(shop)).toEqual([crm]);
    expect(await engine.tasker.mappedObjects(crm)).toEqual([shop]);
    await engine.finish();
  });

  test('pairs of one system differ by their ids; an object is not mapped to itself (row 20)', async () => {
    const engine = await startEngine(database, { worker: false });
    const a = { system: 'shop', id: 'a' };
    const b = { system: 'shop', id: 'b' };
    const first = await engine.tasker.mapObjects(b, a);
    expect(await engine.tasker.mapObjects(a, b)).toEqual({ ...first, created: false });
    await engine.tasker.mapObjects(a, { system: 'shop', id: 'c' });
    expect(await engine.tasker.mappedObjects(a)).toEqual([b, { system: 'shop', id: 'c' }]);
    const refusals = [
      [a, a],
      [a, { system: '', id: 'x' }],
      [a, { system: 'x'.repeat(65), id: 'x' }],
      [a, { system: 'x', id: 'x\u0000' }],
      [a, { system: 'x', id: 'x'.repeat(256) }],
    ] as const;
    for (const [one, two] of refusals)
      await refusedWithoutTrace(
        engine,
        () => engine.tasker.mapObjects(one, two),
        'INVALID_REQUEST',
      );
    await engine.finish();
  });
});
