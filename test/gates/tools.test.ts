import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixtureProject } from './fixture-project.ts';

describe('the linter finds', () => {
  const lint = (file: string, text: string, others: Readonly<Record<string, string>> = {}) => {
    const project = fixtureProject(['.oxlintrc.json', 'tsconfig.json', 'package.json']);
    project.write(file, text);
    for (const [name, content] of Object.entries(others)) project.write(name, content);
    return project.tool('oxlint');
  };

  test.each([
    [
      'a floating promise',
      'src/engine/a.ts',
      'export function a(): void {\n  Promise.resolve(1);\n}\n',
      'no-floating-promises',
    ],
    [
      'a promise where a condition is meant',
      'src/engine/a.ts',
      'export function a(b: Promise<boolean>): number {\n  return b ? 1 : 2;\n}\n',
      'no-misused-promises',
    ],
    [
      'a switch that misses a case',
      'src/model/a.ts',
      `export function a(b: 'x' | 'y'): void {\n  switch (b) {\n    case 'x':\n      break;\n  }\n}\n`,
      'switch-exhaustiveness-check',
    ],
    ['any', 'src/model/a.ts', 'export const a = (b: any): unknown => b;\n', 'no-explicit-any'],
    [
      'a thrown text',
      'src/model/a.ts',
      `export function a(): void {\n  throw 'no';\n}\n`,
      'only-throw-error',
    ],
    [
      'the clock where time is a parameter',
      'src/engine/a.ts',
      'export const a = (): number => Date.now();\n',
      'Time is a parameter',
    ],
    [
      'randomness where it is a parameter',
      'src/engine/a.ts',
      'export const a = (): number => Math.random();\n',
      'Randomness is a parameter',
    ],
    [
      'the environment read anywhere',
      'src/engine/a.ts',
      `export const a = (): unknown => process.env['A'];\n`,
      'config/environment',
    ],
    [
      'printing outside the command line',
      'src/engine/a.ts',
      `export const a = (): void => console.log('a');\n`,
      'no-console',
    ],
    [
      'a driver outside src/db',
      'src/engine/a.ts',
      `import pg from 'pg';\nexport const a = pg.Client;\n`,
      'known to src/db alone',
    ],
    ['a default export', 'src/engine/a.ts', 'export default 1;\n', 'no-default-export'],
    [
      'four parameters',
      'src/engine/a.ts',
      'export const a = (b: number, c: number, d: number, e: number): number => b + c + d + e;\n',
      'max-params',
    ],
    [
      'a file name in another case',
      'src/engine/someFile.ts',
      'export const a = 1;\n',
      'filename-case',
    ],
    [
      'a test that was focused on and forgotten',
      'test/a.test.ts',
      `import { test } from 'vitest';\ntest.only('a', () => {});\n`,
      'no-focused-tests',
    ],
  ])('%s', (_, file, text, expected) => {
    const { code, said } = lint(file, text);

    expect(said).toContain(expected);
    expect(code).toBe(1);
  });

  test('an import cycle', () => {
    const { code, said } = lint(
      'src/model/a.ts',
      `import { b } from './b.ts';\nexport const a = (): unknown => b;\n`,
      {
        'src/model/b.ts': `import { a } from './a.ts';\nexport const b = (): unknown => a;\n`,
      },
    );

    expect(said).toContain('no-cycle');
    expect(code).toBe(1);
  });

  test('nothing in sound code', () => {
    const { code, said } = lint(
      'src/kernel/clock.ts',
      'export const now = (): number => Date.now();\n',
    );

    expect(said).toContain('Found 0 warnings and 0 errors');
    expect(code).toBe(0);
  });
});

test('the formatter finds a file that is not formatted, and nothing in one that is', () => {
  const project = fixtureProject(['.prettierrc.json', '.prettierignore']);
  project.write('src/good.ts', `export const a = 'b';\n`);
  expect(project.tool('prettier', '--check', '.')).toMatchObject({ code: 0 });

  project.write('src/bad.ts', 'export const a   = "b"\n');
  const { code, said } = project.tool('prettier', '--check', '.');

  expect(said).toContain('src/bad.ts');
  expect(said).not.toContain('src/good.ts');
  expect(code).toBe(1);
});

test('knip finds an unused file, an unused export and an unused dependency, and nothing else', () => {
  const project = fixtureProject(['knip.json', 'tsconfig.json']);
  const manifest = {
    name: 'fixture',
    type: 'module',
    exports: './src/index.ts',
    dependencies: { pg: '8.23.1' },
  };
  project.write('package.json', JSON.stringify(manifest));
  project.write(
    'src/index.ts',
    `import { used } from './model/used.ts';\nexport const a = used;\n`,
  );
  project.write('src/model/used.ts', 'export const used = 1;\nexport const unusedExport = 2;\n');
  project.write('src/model/unused-file.ts', 'export const b = 1;\n');

  const { code, said } = project.tool('knip', '--no-config-hints');

  expect(said).toMatch(/Unused files \(1\)\s+src\/model\/unused-file\.ts/);
  expect(said).toMatch(/Unused dependencies \(1\)\s+pg /);
  expect(said).toMatch(/Unused exports \(1\)\s+unusedExport /);
  expect(code).toBe(1);
});

test('the compiler finds a type error in a test as well as in src', () => {
  const project = fixtureProject(['tsconfig.json', 'package.json']);
  project.write('src/index.ts', 'export const a: number = 1;\n');
  expect(project.tool('tsc', '-p', 'tsconfig.json')).toEqual({ code: 0, said: '' });

  project.write(
    'test/a.test.ts',
    `import { a } from '../src/index.ts';\nexport const b: string = a;\n`,
  );
  const { code, said } = project.tool('tsc', '-p', 'tsconfig.json');

  expect(said).toContain('test/a.test.ts(2,14): error TS2322');
  expect(code).not.toBe(0);
});

test('the check of embedded migrations finds one that was changed and not embedded again', () => {
  const project = fixtureProject([]);
  const script = readFileSync(
    path.resolve(import.meta.dirname, '../../scripts/embed-migrations.mjs'),
    'utf8',
  );
  project.write('scripts/embed-migrations.mjs', script);
  project.write('src/store/migrations/0001_initial.sql', 'create table {schema}.a (b int);\n');
  const embed = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['scripts/embed-migrations.mjs', ...args], {
      cwd: project.folder,
      encoding: 'utf8',
    });
  expect(embed().status).toBe(0);
  expect(embed('--check').status).toBe(0);

  project.write('src/store/migrations/0001_initial.sql', 'create table {schema}.a (b bigint);\n');
  const { status, stdout, stderr } = embed('--check');

  expect(stdout + stderr).toContain('migrations.generated.ts');
  expect(status).not.toBe(0);
});
