import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadHandler } from '../../src/handlers/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'handlers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('loads a function from TypeScript and a class from JavaScript', async () => {
  const ts = file(
    'cart.ts',
    'export const fetchCart = (ctx: { context: unknown }): unknown => ctx.context;',
  );
  const js = file('order.mjs', 'export class CreateOrder { call() { return 1; } }');
  expect(await loadHandler(ts, 'fetchCart')).toBeTypeOf('function');
  expect(await loadHandler(js, 'CreateOrder')).toBeTypeOf('function');
});

test('loads a default export by its name', async () => {
  expect(await loadHandler(file('d.mjs', 'export default () => 1;'), 'default')).toBeTypeOf(
    'function',
  );
});

test.each([
  [
    'suggests the nearest export',
    'export const fetchCart = () => 1;',
    'fetchCrat',
    'Did you mean "fetchCart"?',
  ],
  [
    'lists the exports when none is near',
    'export const b = () => 1; export const a = () => 1; export const n = 1;',
    'zzzzzz',
    'It exports a, b.',
  ],
  ['says when there is none', 'export const n = 1;', 'x', 'It exports no handler.'],
  [
    'does not take what an object inherits for an export',
    'export const n = 1;',
    'toString',
    'has no export "toString"',
  ],
  ['refuses an export that is no handler', 'export const n = 1;', 'n', 'the export is number'],
  ['says why the file does not load', 'throw new Error("broken at load");', 'x', 'broken at load'],
])('%s', async (name, text, exportName, problem) => {
  const path = file(`${name.replaceAll(/\W/g, '-')}.mjs`, text);
  await expect(loadHandler(path, exportName)).rejects.toMatchObject({
    code: 'HANDLER_NOT_LOADED',
    message: expect.stringContaining(problem),
  });
});

test('names the reference when the file does not exist', async () => {
  const path = join(folder, 'missing.mjs');
  await expect(loadHandler(path, 'x')).rejects.toMatchObject({
    code: 'HANDLER_NOT_LOADED',
    message: expect.stringContaining(`${path}#x`),
  });
});
