import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import type { Engine } from '../support/engine.ts';

let folder = '';
let engine: Engine;
let asked = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasker-reload-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const save = (name: string, text: string): void => writeFileSync(file(name), text);
const reload = (name: string): ReturnType<Engine['tasker']['register']> =>
  engine.tasker.register(file(name), { fresh: true });

/** A definition of one step. */
const yaml = (step = 'greet', handler = './steps.ts#greet'): string => `
name: hello
version: 1.0.0
steps:
  - name: ${step}
    handler: ${handler}
    retry: { limit: 5, backoff: fixed, base: 20ms, jitter: none }
`;

/** What the step of a new task answers. */
async function answer(): Promise<unknown> {
  asked += 1; // another context each time: the same one twice would be a duplicate
  const { taskId } = await engine.tasker.create('hello', { context: { asked } });
  const task = await engine.tasker.waitFor(taskId, { timeout: '10s' });
  const [step] = await engine.tasker.steps(taskId);
  return { version: task.version, step: step?.name, results: step?.results };
}

describeOnEachDatabase('saving a definition or a handler', (database) => {
  beforeEach(async () => {
    engine = await startEngine(database);
    save('lib.mjs', `export const word = 'one';\n`);
    save(
      'steps.ts',
      `import { word } from './lib.mjs';\nexport const greet = (): object => ({ word });\n`,
    );
    save('hello.yaml', yaml());
    await reload('hello.yaml');
  });
  afterEach(() => engine.finish());

  test('the next task runs on the saved handler, and on what it imports', async () => {
    expect(await answer()).toMatchObject({ results: { word: 'one' } });
    save('lib.mjs', `export const word = 'two';\n`);
    expect(await reload('hello.yaml')).toMatchObject([{ version: '1.0.0' }]);
    expect(await answer()).toMatchObject({ version: '1.0.0', results: { word: 'two' } });
  });

  test('a changed body under a declared version gets a version of its own', async () => {
    await answer();
    save('hello.yaml', yaml('renamed'));
    const [changed] = await reload('hello.yaml');
    expect(changed?.version).toMatch(/^1\.0\.0\+dev\.[0-9a-f]{8}$/);
    expect(await answer()).toMatchObject({ version: changed?.version, step: 'renamed' });
    // Going back to the first body goes back to its version.
    save('hello.yaml', yaml());
    expect(await reload('hello.yaml')).toMatchObject([{ version: '1.0.0' }]);
    expect(await answer()).toMatchObject({ version: '1.0.0', step: 'greet' });
  });

  test('a body that the database keeps under this version counts, in whatever process it was made', async () => {
    await answer();
    const restarted = await startEngine(database, { schema: engine.schema });
    save('hello.yaml', yaml('renamed'));
    const [changed] = await restarted.tasker.register(file('hello.yaml'), { fresh: true });
    expect(changed?.version).toMatch(/^1\.0\.0\+dev\./);
    await restarted.finish();
  });

  test('without `fresh` a changed body under a declared version is refused', async () => {
    save('hello.yaml', yaml('renamed'));
    await expect(engine.tasker.register(file('hello.yaml'))).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    });
  });

  test('a save with a fault changes nothing, and the next sound one counts', async () => {
    save('steps.ts', `export const greet = (: object => ({});\n`);
    await expect(reload('hello.yaml')).rejects.toMatchObject({ code: 'HANDLER_NOT_LOADED' });
    save('hello.yaml', 'name: hello\nsteps: 3\n');
    await expect(reload('hello.yaml')).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
    expect(await answer()).toMatchObject({ version: '1.0.0', results: { word: 'one' } });
    save('hello.yaml', yaml());
    save('steps.ts', `export const greet = (): object => ({ word: 'sound' });\n`);
    await reload('hello.yaml');
    expect(await answer()).toMatchObject({ results: { word: 'sound' } });
  });

  test('a fault in one handler file does not touch the last good version behind another definition', async () => {
    save('other.yaml', yaml('greet', './other.mjs#greet').replace('name: hello', 'name: other'));
    save('other.mjs', `export const greet = () => ({ word: 'other' });\n`);
    await reload('other.yaml');
    save('other.mjs', `export const greet = () => {{ ;\n`);
    await expect(reload('other.yaml')).rejects.toMatchObject({ code: 'HANDLER_NOT_LOADED' });
    await reload('hello.yaml');
    const { taskId } = await engine.tasker.create('other', { context: {} });
    expect(await engine.tasker.waitFor(taskId)).toMatchObject({ status: 'complete' });
  });

  test('an attempt under way ends on its own code; the next attempt of the same task runs the new one', async () => {
    const [begun, finish] = [gate(), gate()];
    Reflect.set(globalThis, folder, { begun, finish });
    save(
      'steps.ts',
      `export const greet = async () => {
         const { begun, finish } = Reflect.get(globalThis, ${JSON.stringify(folder)});
         begun.open();
         await finish.opened;
         throw new Error('the old code failed');
       };\n`,
    );
    await reload('hello.yaml');
    const { taskId } = await engine.tasker.create('hello', { context: {} });
    await begun.opened;
    save('steps.ts', `export const greet = () => ({ word: 'new code' });\n`);
    await reload('hello.yaml');
    finish.open();
    expect(await engine.tasker.waitFor(taskId)).toMatchObject({ status: 'complete' });
    expect(await engine.tasker.steps(taskId)).toMatchObject([{ results: { word: 'new code' } }]);
    expect(await engine.tasker.attempts(taskId)).toMatchObject([
      { outcome: 'error', error: { message: 'the old code failed' } },
      { outcome: 'success' },
    ]);
    Reflect.deleteProperty(globalThis, folder);
  });

  test('a task in flight keeps the steps that it was born with, on the newest code', async () => {
    save('steps.ts', `export const greet = () => { throw new Error('not yet'); };\n`);
    await reload('hello.yaml');
    const { taskId } = await engine.tasker.create('hello', { context: {} });
    await until('it failed once', async () => (await engine.tasker.attempts(taskId)).length > 0);
    save('steps.ts', `export const greet = () => ({ word: 'now' });\n`);
    save('hello.yaml', yaml('renamed'));
    await reload('hello.yaml');
    expect(await engine.tasker.waitFor(taskId)).toMatchObject({
      status: 'complete',
      version: '1.0.0',
    });
    expect(await engine.tasker.steps(taskId)).toMatchObject([
      { name: 'greet', results: { word: 'now' } },
    ]);
  });

  test('inline handlers of a task in code are renewed too', async () => {
    const code = (word: string): string => `
import { defineTask } from 'tasker-engine';
export const inline = defineTask({ name: 'inline', version: '2.0.0' }, (t) => ({
  only: t.step('only', {}, () => ({ word: '${word}' })),
}));
`;
    save('inline.task.ts', code('first'));
    await reload('inline.task.ts');
    save('inline.task.ts', code('second'));
    await reload('inline.task.ts');
    const { taskId } = await engine.tasker.create('inline', { context: {} });
    await engine.tasker.waitFor(taskId);
    expect(await engine.tasker.steps(taskId)).toMatchObject([{ results: { word: 'second' } }]);
  });

  test('an error of a renewed handler names its own line', async () => {
    save(
      'steps.mjs',
      `import { word } from './lib.mjs';\n\nexport function greet() {\n  throw new Error(word);\n}\n`,
    );
    save('hello.yaml', yaml('greet', './steps.mjs#greet').replace('limit: 5', 'limit: 1'));
    await reload('hello.yaml');
    const { taskId } = await engine.tasker.create('hello', { context: {} });
    await engine.tasker.waitFor(taskId);
    const [attempt] = await engine.tasker.attempts(taskId);
    expect(attempt?.error?.stack).toContain('steps.mjs:4:9');
  });

  test('a named handler is replaced only when asked, and the next attempt notices', async () => {
    engine.tasker.handler('Named', () => ({ word: 'old' }));
    save('hello.yaml', yaml('greet', 'Named'));
    await reload('hello.yaml');
    const renewed = (): object => ({ word: 'new' });
    expect(() => engine.tasker.handler('Named', renewed)).toThrow(/already has this name/);
    engine.tasker.handler('Named', renewed, { replace: true });
    expect(await answer()).toMatchObject({ results: { word: 'new' } });
  });
});

test('a module that waits at its top level is read anew as well', async () => {
  const { createModules } = await import('../../src/kernel/modules.ts');
  save('waits.mjs', `export const value = await Promise.resolve(1);\n`);
  const modules = createModules();
  const first = modules.fresh();
  expect((await first.load(file('waits.mjs')))['value']).toBe(1);
  first.adopt();
  save('waits.mjs', `export const value = await Promise.resolve(2);\n`);
  expect((await modules.load(file('waits.mjs')))['value']).toBe(1);
  expect((await modules.fresh().load(file('waits.mjs')))['value']).toBe(2);
});

test('a module that several files import is evaluated once in one reading', async () => {
  const { createModules } = await import('../../src/kernel/modules.ts');
  save('shared.mjs', `export const identity = {};\n`);
  save('a.mjs', `export { identity } from './shared.mjs';\n`);
  save('b.ts', `export { identity } from './shared.mjs';\n`);
  const reading = createModules().fresh();
  const [a, b] = [await reading.load(file('a.mjs')), await reading.load(file('b.ts'))];
  expect(a['identity']).toBe(b['identity']);
});
