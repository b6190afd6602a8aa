import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { breathe, by, operator, recordEvents, refused, rowCounts, settled } from './lab.ts';

const only = (name: string, version: string | null, answer: unknown) =>
  defineTask({ name, ...(version !== null && { version }), identity: 'none' }, (t) => {
    t.step('only', { handlerConfig: { answer: String(answer) } }, () => answer);
  });

describeOnEachDatabase('definitions and their versions', (database) => {
  test('loading one twice changes nothing; another content under its version is refused (rows 3, 4)', async () => {
    const engine = await startEngine(database);
    const first = only('stable', '1.0.0', 'a');
    for (let n = 0; n < 3; n += 1) {
      await engine.tasker.register(n === 2 ? only('stable', '1.0.0', 'a') : first);
      await settled(engine.tasker, (await engine.tasker.create('stable', { context: {} })).taskId);
    }
    expect(await rowCounts(engine)).toMatchObject({
      task_definitions: 1,
      named_steps: 1,
      tasks: 3,
    });
    await refused(engine.tasker.register(only('stable', '1.0.0', 'b')), 'VERSION_CONFLICT');
    await settled(engine.tasker, (await engine.tasker.create('stable', { context: {} })).taskId);
    await engine.finish();
  });

  test('another process that stored other content under the version is noticed (rows 4, 18)', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.create(only('split', '1.0.0', 'a'), { ...by, context: {} });
    const other = await startEngine(database, { schema: engine.schema, worker: false });
    const before = await rowCounts(other);
    await refused(
      other.tasker.create(only('split', '1.0.0', 'b'), { ...by, context: {} }),
      'VERSION_CONFLICT',
    );
    expect(await rowCounts(other)).toEqual(before);
    await other.tasker.stop();
    await engine.finish();
  });

  test('a task keeps the definition that it was born with when a newer one is registered (rows 4, 18, B9)', async () => {
    const engine = await startEngine(database);
    const hold = gate();
    const running = gate();
    const old = defineTask({ name: 'grown', version: '1.0.0', identity: 'none' }, (t) => {
      const first = t.step('first', {}, async () => {
        running.open();
        await hold.opened;
      });
      t.step('second', { dependsOn: { first } }, () => 'old second');
    });
    const { taskId } = await engine.tasker.create(old, { ...by, context: {} });
    await running.opened;
    const grown = defineTask({ name: 'grown', version: '2.0.0', identity: 'none' }, (t) => {
      const zero = t.step('zero', {}, () => 0);
      const first = t.step('first', { dependsOn: { zero } }, () => 1);
      t.step('second', { dependsOn: { first } }, () => 'new second');
      t.step('third', { dependsOn: { first } }, () => 3);
    });
    const young = await engine.tasker.create(grown, { ...by, context: {} });
    expect(await settled(engine.tasker, young.taskId)).toHaveLength(4);
    hold.open();
    expect(await settled(engine.tasker, taskId)).toEqual(['first complete', 'second complete']);
    expect((await engine.tasker.step(taskId, 'second')).results).toBe('old second');
    expect(await engine.tasker.task(taskId)).toMatchObject({ version: '1.0.0' });
    expect((await engine.tasker.definitionOf(taskId)).steps).toHaveLength(2);
    expect(engine.tasker.definition('grown').version).toBe('2.0.0');
    await engine.finish();
  });

  test('a step without its handler stays ready, never fails, and runs once the handler is there (rows 4, 18, B9, B23)', async () => {
    const creator = await startEngine(database, { worker: false, handlers: { work: () => 0 } });
    const engine = await startEngine(database, { schema: creator.schema });
    const unservable = recordEvents(engine.tasker, ['worker.unservable']);
    const task = defineTask({ name: 'named' }, (t) => void t.step('only', {}, 'work'));
    const { taskId } = await creator.tasker.create(task, { ...by, context: {} });
    await until('the worker says so', () => unservable.length > 0);
    expect(unservable[0]?.payload).toMatchObject({ problem: expect.stringContaining('work') });
    await until('the step is back', async () => {
      const step = await engine.tasker.step(taskId, 'only');
      return step.status === 'pending' && step.readyAt !== null;
    });
    await breathe(30);
    expect(await engine.tasker.step(taskId, 'only')).toMatchObject({
      status: 'pending',
      attempts: 0,
      error: null,
    });
    expect(unservable).toHaveLength(1); // no hot loop
    engine.tasker.handler('work', () => 'done');
    expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect(await engine.tasker.step(taskId, 'only')).toMatchObject({
      attempts: 1,
      results: 'done',
    });
    await creator.tasker.stop();
    await engine.finish();
  });

  test('files load one by one and by the folder, and a task runs from them (rows 1, 4)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-definitions-'));
    const yaml = (name: string) =>
      `name: ${name}\nversion: '1.0.0'\nstep_templates:\n  - name: only\n    handler_class: Work\n`;
    await writeFile(join(folder, 'one.yaml'), yaml('one'));
    await writeFile(join(folder, 'two.yml'), yaml('two'));
    const engine = await startEngine(database, { handlers: { Work: () => 'from a file' } });
    for (let n = 0; n < 2; n += 1) {
      const loaded = await engine.tasker.register(n === 0 ? folder : join(folder, 'one.yaml'));
      expect(loaded.map((definition) => definition.name)).toEqual(
        n === 0 ? ['one', 'two'] : ['one'],
      );
    }
    const { taskId } = await engine.tasker.create('one', { context: {} });
    await settled(engine.tasker, taskId);
    expect((await engine.tasker.step(taskId, 'only')).results).toBe('from a file');
    await refused(engine.tasker.create('three', { context: {} }), 'DEFINITION_NOT_FOUND');
    await engine.finish();
    await rm(folder, { recursive: true });
  });
});

describeOnEachDatabase('lifecycle events', (database) => {
  const names = [
    'task.created',
    'task.started',
    'task.completed',
    'task.failed',
    'step.started',
    'step.completed',
    'step.failed',
    'worker.started',
    'worker.stopped',
  ] as const;

  test('come in the order of the work, with their ids (row 34)', async () => {
    const engine = await startEngine(database);
    const events = recordEvents(engine.tasker, names);
    const task = defineTask({ name: 'heard', backoff: 'none' }, (t) => {
      const first = t.step('first', { retryLimit: 2 }, ({ step }) => {
        if (step.attempt === 1) throw new Error('once');
      });
      t.step('second', { dependsOn: { first } }, () => 1);
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    const [{ workerId } = { workerId: 0 }] = await engine.tasker.workers();
    await engine.finish();
    const order = events.filter((event) => event.name !== 'task.created');
    const step = (name: string, attempt: number) => ({ taskId, step: name, attempt });
    expect(order).toEqual([
      { name: 'task.started', payload: { taskId } },
      { name: 'step.started', payload: step('first', 1) },
      {
        name: 'step.failed',
        payload: { ...step('first', 1), exhausted: false, retryInMs: 0, message: 'once' },
      },
      { name: 'step.started', payload: step('first', 2) },
      { name: 'step.completed', payload: step('first', 2) },
      { name: 'step.started', payload: step('second', 1) },
      { name: 'step.completed', payload: step('second', 1) },
      { name: 'task.completed', payload: { taskId } },
      { name: 'worker.stopped', payload: { workerId } },
    ]);
    expect(events.find((event) => event.name === 'task.created')?.payload).toEqual({
      taskId,
      name: 'heard',
    });
  });

  test('tell a failure before the attempt that follows it, even when its answer comes late (row 34)', async () => {
    let isClaimedAgain = async (): Promise<boolean> => false;
    const engine = await startEngine(database, {}, (db) => ({
      ...db,
      async query(statement) {
        const answer = await db.query(statement);
        if (/insert into \S+step_attempts/.test(statement.text))
          await until('the step is claimed again', () => isClaimedAgain());
        return answer;
      },
    }));
    isClaimedAgain = async () => {
      const [row] = await engine.sql(
        `select max(attempts) as attempts from {schema}.workflow_steps`,
      );
      return row?.['attempts'] === 2;
    };
    const events = recordEvents(engine.tasker, ['step.started', 'step.failed', 'step.completed']);
    const task = defineTask({ name: 'late', backoff: 'none' }, (t) => {
      t.step('only', { retryLimit: 2 }, ({ step }) => {
        if (step.attempt === 1) throw new Error('once');
      });
    });
    const { taskId } = await engine.tasker.create(task, { ...by, context: {} });
    await settled(engine.tasker, taskId);
    await engine.finish();
    expect(events.map((event) => event.name)).toEqual([
      'step.started',
      'step.failed',
      'step.started',
      'step.completed',
    ]);
  });

  test('a subscriber that throws fails nothing and silences no other one (row 34)', async () => {
    const errors: unknown[] = [];
    const nothing = (): void => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (fields: Readonly<Record<string, unknown>>) => void errors.push(fields['event']),
    };
    const engine = await startEngine(database, { logger });
    for (const name of names)
      engine.tasker.on(name, () => {
        throw new Error('a bad subscriber');
      });
    const heard = recordEvents(engine.tasker, ['task.completed', 'task.failed']);
    const good = await engine.tasker.create(only('good', null, 1), { ...by, context: {} });
    await settled(engine.tasker, good.taskId);
    const bad = defineTask({ name: 'bad' }, (t) => {
      t.step('only', {}, () => {
        throw new PermanentError('no');
      });
    });
    const failed = await engine.tasker.create(bad, { ...by, context: {} });
    expect(await settled(engine.tasker, failed.taskId)).toEqual(['only error']);
    await engine.finish();
    expect(heard.map((event) => event.name)).toEqual(['task.completed', 'task.failed']);
    expect(new Set(errors)).toEqual(new Set(names.filter((name) => name !== 'worker.started')));
  });

  test('reach a subscriber until it unsubscribes (row 34)', async () => {
    const engine = await startEngine(database, { worker: false });
    const heard: number[] = [];
    const off = engine.tasker.on('task.created', ({ taskId }) => void heard.push(taskId));
    const task = only('counted', null, 1);
    const first = await engine.tasker.create(task, { ...by, context: {} });
    off();
    const second = await engine.tasker.create(task, { ...by, context: {} });
    await engine.tasker.cancelTask(second.taskId, operator);
    expect(heard).toEqual([first.taskId]);
    await engine.finish();
  });
});
