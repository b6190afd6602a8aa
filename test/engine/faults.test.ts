import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import {
  breathe,
  by,
  operator,
  refused,
  refusedWithoutTrace,
  rowCounts,
  settled,
  statuses,
} from './lab.ts';

/*
 * One short test for each known fault of the original system that concerns definitions, requests and their identity, and the graph.
 * Fuller ones stand in the files named after the behaviour; the other faults are in the two
 * files beside this one.
 */

const loads = async (yaml: string, database: Parameters<typeof startEngine>[0]) => {
  const engine = await startEngine(database, { worker: false, handlers: { H: () => 1 } });
  const folder = await mkdtemp(join(tmpdir(), 'tasker-fault-'));
  await writeFile(join(folder, 'task.yaml'), yaml);
  const answer = await engine.tasker.register(folder).then(
    (definitions) => ({ definitions, error: null }),
    (error: unknown) => ({ definitions: [], error }),
  );
  await rm(folder, { recursive: true });
  return { engine, ...answer };
};

describeOnEachDatabase('faults of the original: definitions, requests, graph', (database) => {
  test('B1 duplicates, unknown dependencies and cycles are found when the file is loaded', async () => {
    const step = (name: string, more: string): string =>
      `  - name: ${name}\n    handler_class: H\n${more}`;
    const files = {
      'two steps named': step('a', '') + step('a', ''),
      nobody: step('a', '    depends_on_step: nobody\n'),
      'in a circle': step('a', '    depends_on_step: b\n') + step('b', '    depends_on_step: a\n'),
      itself: step('a', '    depends_on_step: a\n'),
    };
    for (const [words, steps] of Object.entries(files)) {
      const { engine, error } = await loads(`name: bad\nstep_templates:\n${steps}`, database);
      expect(error).toMatchObject({
        code: 'INVALID_DEFINITION',
        message: expect.stringContaining(words),
      });
      expect(await rowCounts(engine)).toMatchObject({ task_definitions: 0, named_steps: 0 });
      await engine.finish();
    }
  });

  test('B2 and B18 a file without systems and backoff gets the defaults', async () => {
    const { engine, definitions } = await loads(
      `name: bare\nstep_templates:\n  - name: a\n    handler_class: H\n  - name: b\n    handler_config:\n      type: api\n      url: https://shop.example/b\n`,
      database,
    );
    expect(definitions[0]?.steps).toMatchObject([
      { dependentSystem: 'unknown', backoff: { strategy: 'exponential' } },
      { dependentSystem: 'unknown', kind: 'api', backoff: { strategy: 'exponential' } },
    ]);
    await engine.finish();
  });

  test('B3 and B4 optional properties stay optional, others pass, and defaults are stored', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask(
      {
        name: 'lenient',
        schema: {
          type: 'object',
          required: ['id'],
          properties: {
            id: { type: 'integer' },
            note: { type: 'string' },
            unit: { default: 'kg' },
          },
        },
      },
      (t) => void t.step('only', {}, () => 1),
    );
    await engine.tasker.register(task);
    const { taskId } = await engine.tasker.create('lenient', { context: { id: 1, undeclared: 2 } });
    expect((await engine.tasker.task(taskId)).context).toEqual({
      id: 1,
      undeclared: 2,
      unit: 'kg',
    });
    expect((await engine.tasker.step(taskId, 'only')).inputs).toEqual({
      id: 1,
      undeclared: 2,
      unit: 'kg',
    });
    await engine.finish();
  });

  test('B5 the order of keys, a minute edge and a race make no second task', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'same' }, (t) => void t.step('only', {}, () => 1));
    const create = (context: { readonly [key: string]: number }, second: number) =>
      engine.tasker.create(task, {
        ...by,
        context,
        requestedAt: new Date(Date.UTC(2026, 0, 1, 8, 0, second)),
      });
    const race = await Promise.allSettled(
      Array.from({ length: 10 }, () => create({ a: 1, b: 2 }, 59)),
    );
    expect(race.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of race)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'DUPLICATE_TASK', status: 409 });
    await refused(create({ b: 2, a: 1 }, 61), 'DUPLICATE_TASK');
    expect(await rowCounts(engine)).toMatchObject({ tasks: 1 });
    await engine.finish();
  });

  test('B6 and B7 a complete task says so, and is not cancelled', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'done' }, (t) => void t.step('only', {}, () => 1));
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    await refused(engine.tasker.cancelTask(taskId, operator), 'TASK_STATE_CONFLICT');
    expect(await engine.tasker.task(taskId)).toMatchObject({ status: 'complete', complete: true });
    await engine.finish();
  });

  test('B9 a changed template adds nothing to a task in flight', async () => {
    const engine = await startEngine(database, { worker: false });
    const version = (names: readonly string[]) =>
      defineTask({ name: 'drift' }, (t) => {
        for (const name of names) t.step(name, {}, () => name);
      });
    const { taskId } = await engine.tasker.create(version(['a']), { ...by, context: {} });
    await engine.tasker.register(version(['a', 'b']));
    expect(await statuses(engine.tasker, taskId)).toEqual(['a pending']);
    await engine.tasker.stop();
    const worker = await startEngine(database, { schema: engine.schema });
    await worker.tasker.register(version(['a', 'b']));
    expect(await settled(worker.tasker, taskId)).toEqual(['a complete']);
    await worker.finish();
  });

  test('B10 siblings are the other steps with exactly the same parents', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'family' }, (t) => {
      const a = t.step('a', {}, () => 1);
      const b = t.step('b', {}, () => 1);
      t.step('of_a', { dependsOn: { a } }, () => 1);
      t.step('of_a_too', { dependsOn: { a } }, () => 1);
      t.step('of_both', { dependsOn: { a, b } }, () => 1);
      t.step('of_both_too', { dependsOn: { b, a } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    const steps = await engine.tasker.steps(taskId);
    const names = new Map(steps.map((step) => [step.workflowStepId, step.name]));
    const named = (ids: readonly number[]) => ids.map((id) => names.get(id));
    expect(steps.map((step) => [step.name, named(step.siblingIds)])).toEqual([
      ['a', ['b']],
      ['b', ['a']],
      ['of_a', ['of_a_too']],
      ['of_a_too', ['of_a']],
      ['of_both', ['of_both_too']],
      ['of_both_too', ['of_both']],
    ]);
    expect(named(steps[0]?.childIds ?? [])).toEqual(['of_a', 'of_a_too', 'of_both', 'of_both_too']);
    expect(named(steps[4]?.parentIds ?? [])).toEqual(['a', 'b']);
    await engine.finish();
  });

  test('B11 a limit below one is refused when the task is defined, and a step of limit one runs', async () => {
    const engine = await startEngine(database);
    expect(() =>
      defineTask({ name: 'none' }, (t) => void t.step('s', { retryLimit: 0 }, () => 1)),
    ).toThrow(/retryLimit/);
    const task = defineTask(
      { name: 'one' },
      (t) => void t.step('only', { retryLimit: 1 }, () => 1),
    );
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    await engine.finish();
  });

  test('B12 a bypassed step satisfies its dependents, and one that is not skippable is refused', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'bypass' }, (t) => {
      const a = t.step('a', { skippable: true }, () => 1);
      t.step('b', { dependsOn: { a } }, () => 2);
    });
    await engine.tasker.register(task);
    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create('bypass', { context: {}, bypassSteps: ['b'] }),
      'STEP_NOT_SKIPPABLE',
    );
    const { taskId } = await engine.tasker.create('bypass', { context: {}, bypassSteps: ['a'] });
    expect(await settled(engine.tasker, taskId)).toEqual(['a skipped', 'b complete']);
    await engine.finish();
  });

  test('B13 a step resolved by hand lets its children run; a cancelled one cancels them and the task ends', async () => {
    const engine = await startEngine(database);
    const task = defineTask({ name: 'hands', identity: 'none' }, (t) => {
      const a = t.step('a', { queue: 'nobody' }, () => 1);
      t.step('b', { dependsOn: { a } }, ({ deps }) => deps.a);
    });
    const one = await engine.tasker.create(task, { ...by, context: {} });
    const two = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.resolveStep(one.taskId, 'a', { ...operator, result: 7 });
    await engine.tasker.cancelStep(two.taskId, 'a', operator);
    expect(await settled(engine.tasker, one.taskId)).toEqual(['a resolved_manually', 'b complete']);
    expect((await engine.tasker.step(one.taskId, 'b')).results).toBe(7);
    expect(await settled(engine.tasker, two.taskId)).toEqual(['a cancelled', 'b cancelled']);
    expect(await engine.tasker.task(two.taskId)).toMatchObject({ status: 'cancelled' });
    await engine.finish();
  });

  test('B35 a long chain is checked for cycles and stored in one go, whatever else is stored', async () => {
    const engine = await startEngine(database, { worker: false });
    const task = defineTask({ name: 'long' }, (t) => {
      let last = t.step('s0', {}, () => 0);
      for (let n = 1; n < 2_000; n += 1)
        last = t.step(`s${n}`, { dependsOn: { last } }, () => n) as typeof last; // the type of a name
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    expect(await engine.tasker.steps(taskId)).toHaveLength(2_000);
    expect(await rowCounts(engine)).toMatchObject({
      tasks: 1,
      workflow_steps: 2_000,
      ready_steps: 1,
    });
    await engine.finish();
  });

  test('B40 two handlers that run at once share nothing that one of them can change', async () => {
    const engine = await startEngine(database);
    const both = gate();
    let here = 0;
    const spoil = async ({
      context,
      deps,
      sequence,
    }: {
      readonly context: unknown;
      readonly deps: object;
      readonly sequence: { readonly steps: readonly { readonly results: unknown }[] };
    }) => {
      here += 1;
      if (here === 2) both.open();
      await both.opened;
      const list: unknown = Reflect.get(deps, 'parent');
      if (Array.isArray(list)) list.push('spoilt');
      const other: unknown = sequence.steps[0]?.results;
      if (Array.isArray(other)) other.push('spoilt');
      expect(() => Object.assign(Object(context), { spoilt: true })).toThrow(TypeError);
      await breathe(2);
      return { context, deps: Reflect.get(deps, 'parent') };
    };
    const task = defineTask({ name: 'shared' }, (t) => {
      const parent = t.step('parent', {}, (): string[] => ['clean']);
      t.step('x', { dependsOn: { parent } }, spoil);
      t.step('y', { dependsOn: { parent } }, spoil);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: { a: 1 } });
    expect(await settled(engine.tasker, taskId)).toEqual([
      'parent complete',
      'x complete',
      'y complete',
    ]);
    for (const name of ['x', 'y'])
      expect((await engine.tasker.step(taskId, name)).results).toEqual({
        context: { a: 1 },
        deps: ['clean', 'spoilt'],
      });
    expect((await engine.tasker.step(taskId, 'parent')).results).toEqual(['clean']);
    await engine.finish();
  });
});
