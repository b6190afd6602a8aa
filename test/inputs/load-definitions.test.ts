import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDefinitions } from '../../src/definition/load-definitions.ts';
import { loadModule } from '../../src/kernel/load-module.ts';
import type { KindRules } from '../../src/definition/kind-rules.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';

const KINDS: ReadonlyMap<string, KindRules> = new Map([
  ['function', { name: 'function', code: 'required', checkConfig: () => [] }],
]);
const OPTIONS = { environment: 'test', kinds: KINDS, strategies: new Set(['exponential']) };

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasker-load-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const yaml = (name: string): string => `name: ${name}\nsteps:\n  - {name: a, handler: h}\n`;
const code = (name: string): string =>
  `import { defineTask } from 'tasker-engine';
   export const task: object = defineTask({ name: '${name}' }, (t) => void t.step('a', {}, () => null));\n`;

async function namesIn(path: string): Promise<readonly string[]> {
  return (await loadDefinitions(path, OPTIONS)).map((loaded) => loaded.definition.name);
}

test('loads one YAML file and says where it came from', async () => {
  const path = write('order.yml', yaml('order'));
  const [loaded] = await loadDefinitions(path, OPTIONS);
  expect(loaded).toMatchObject({ definition: { name: 'order' }, source: path });
});

test('loads a TypeScript file that imports the engine by name', async () => {
  const path = write('order.ts', code('order'));
  const [loaded] = await loadDefinitions(path, OPTIONS);
  expect(loaded).toMatchObject({ definition: { name: 'order' }, source: path });
  expect(loaded?.inlineHandlers.size).toBe(1);
});

test('loads every task that a file exports, each once', async () => {
  const path = write(
    'all.task.ts',
    `import { defineTask } from 'tasker-engine';
     const make = (name: string) => defineTask({ name }, (t) => void t.step('a', {}, () => null));
     export const one = make('one');
     export const same = one;
     export const two = make('two');
     export const notATask = { name: 'three' };\n`,
  );
  expect((await namesIn(path)).toSorted()).toEqual(['one', 'two']);
});

test('loads a folder with everything below it, but no handlers, hidden folders and packages', async () => {
  write('b.yaml', yaml('b'));
  write('deep/a.task.ts', code('a'));
  write('deep/handlers.ts', 'throw new Error("a handler file is not a definition");');
  write('.hidden/c.yaml', 'not: valid');
  write('node_modules/d/d.yaml', 'not: valid');
  write('README.md', '# tasks');
  expect(await namesIn(folder)).toEqual(['b', 'a']);
});

test('reports the faults of all files of a folder together', async () => {
  write('a.yaml', 'name: a\nsteps: []\n');
  write('b.yaml', yaml('b').replace('handler', 'handlr'));
  const error: unknown = await loadDefinitions(folder, OPTIONS).catch((reason: unknown) => reason);
  if (!isTaskerError(error, 'INVALID_DEFINITION')) throw error;
  expect(error.message).toContain(join(folder, 'a.yaml'));
  expect(error.message).toContain(join(folder, 'b.yaml'));
});

test('checks what code could not know when it was written', async () => {
  const path = write('order.ts', code('order').replace("'a', {}", "'a', { backoff: 'fibonacci' }"));
  await expect(loadDefinitions(path, OPTIONS)).rejects.toMatchObject({
    code: 'INVALID_DEFINITION',
  });
});

test.each([
  ['a path that does not exist', 'missing.yaml', null],
  ['another kind of file', 'order.json', '{}'],
  ['a module without tasks', 'order.ts', 'export const x = 1;'],
  ['a module that throws', 'order.ts', 'throw new Error("broken on purpose");'],
  ['a module that does not parse', 'order.ts', 'export const = ;'],
])('says why %s cannot be loaded', async (_, name, content) => {
  const path = content === null ? join(folder, name) : write(name, content);
  await expect(loadDefinitions(path, OPTIONS)).rejects.toMatchObject({
    code: 'DEFINITION_NOT_LOADED',
  });
});

test('says so when a folder holds no definitions', async () => {
  await expect(loadDefinitions(folder, OPTIONS)).rejects.toMatchObject({
    code: 'DEFINITION_NOT_LOADED',
  });
});

test('gives the same module for the same path', async () => {
  const path = write('state.ts', 'export const state: { count: number } = { count: 0 };');
  const [first, second] = [await loadModule(path), await loadModule(path)];
  expect(first['state']).toBe(second['state']);
});

test('gives a loaded file this very engine', async () => {
  const path = write('errors.ts', "export { RetryableError } from 'tasker-engine';");
  const { RetryableError } = await import('../../src/index.ts');
  expect((await loadModule(path))['RetryableError']).toBe(RetryableError);
});

test('loads JavaScript by Node itself', async () => {
  const path = write('plain.mjs', 'export const answer = 42;');
  expect(await loadModule(path)).toMatchObject({ answer: 42 });
});

test('loads JavaScript that imports the engine where the package is not installed', async () => {
  const path = write('errors.mjs', "export { PermanentError } from 'tasker-engine';");
  const { PermanentError } = await import('../../src/index.ts');
  expect((await loadModule(path))['PermanentError']).toBe(PermanentError);
});

test('says which module of a user is missing', async () => {
  const path = write('broken.mjs', "import 'a-package-that-nobody-has';");
  await expect(loadModule(path)).rejects.toThrow(/a-package-that-nobody-has/);
});
