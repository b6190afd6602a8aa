import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { architectureProblems, LEVELS, type SourceFiles } from './gates/architecture-rules.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

function sourceFiles(): SourceFiles {
  const names = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.generated.ts'))
    .sort();
  const files = sources.map((name) => path.posix.join('src', name.split(path.sep).join('/')));
  return new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
}

test('every file of src keeps the rules of the architecture', () => {
  const files = sourceFiles();

  expect(files.size).toBeGreaterThan(20); // a gate that looks at nothing passes everything
  expect(architectureProblems(files).join('\n')).toBe('');
});

test('every room of src has a level', () => {
  const rooms = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

  expect(rooms.filter((room) => !LEVELS.flat().includes(room))).toEqual([]);
});

describe('a planted fault is found:', () => {
  const ENGINE = ['src/engine/claim.ts', 'export type Claim = string;\n'] as const;

  test.each([
    [
      'an import from a higher level',
      'src/model/task.ts',
      `import { a } from '../engine/claim.ts';`,
      'model is below engine',
    ],
    [
      'a type-only import from a higher level',
      'src/kernel/ids.ts',
      `import type { A } from '../engine/claim.ts';`,
      'kernel is below engine',
    ],
    [
      'an import from a room beside',
      'src/handlers/api.ts',
      `import { a } from '../engine/claim.ts';`,
      'handlers is beside engine',
    ],
    [
      'a re-export from above',
      'src/store/rows.ts',
      `export * from '../engine/claim.ts';`,
      'store is below engine',
    ],
    [
      'a dynamic import from above',
      'src/db/pg.ts',
      `await import('../engine/claim.ts');`,
      'db is below engine',
    ],
    [
      'a type query from above',
      'src/retry/none.ts',
      `type A = import('../engine/claim.ts').Claim;`,
      'retry is below engine',
    ],
    [
      'an import of the composition root',
      'src/worker/loop.ts',
      `import { a } from '../tasker.ts';`,
      'worker is below src',
    ],
    [
      'an import from outside src',
      'src/cli/main.ts',
      `import { a } from '../../test/a.ts';`,
      'it is outside src',
    ],
    [
      'a room without a level',
      'src/misc/a.ts',
      `import { a } from '../kernel/json.ts';`,
      'misc is not in the level table',
    ],
    [
      'the time where it is a parameter',
      'src/model/a.ts',
      'export const a = (): Date => new Date();',
      'reads the time',
    ],
    [
      'chance where it is a parameter',
      'src/worker/a.ts',
      'export const a = (): number => Math.random();',
      'asks the machine',
    ],
    [
      'a wait that the core measures by itself',
      'src/engine/a.ts',
      'export const a = (): number => performance.now();',
      'asks the machine',
    ],
    [
      'the process where it is a parameter',
      'src/maintenance/a.ts',
      'export const a = (): number => process.pid;',
      'asks the machine',
    ],
    [
      'randomness that is imported',
      'src/dispatch/a.ts',
      `import { randomUUID } from 'node:crypto';`,
      'asks the machine',
    ],
    ['any', 'src/model/a.ts', 'export const a = (b: any): void => void b;', 'uses any'],
    [
      'an unexplained assertion',
      'src/model/a.ts',
      'export const a = (b: unknown) => b as string;',
      'without a comment',
    ],
    ['a long file', 'src/model/a.ts', '\n'.repeat(300) + 'export {};', 'has 301 lines'],
    [
      'a long function',
      'src/model/a.ts',
      `export function a(): void {${'\n'.repeat(60)}}`,
      'has a function of 61 lines',
    ],
  ])('%s', (_, file, text, expected) => {
    const problems = architectureProblems(new Map([ENGINE, [file, text]]));

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test('and what is allowed is not', () => {
    const files = new Map([
      ENGINE,
      [
        'src/engine/advance.ts',
        `import { claim } from './claim.ts';\nimport pg from 'pg';\nexport const a = [claim, pg] as const;`,
      ],
      [
        'src/worker/loop.ts',
        `import type { Claim } from '../engine/claim.ts';\nimport { json } from '../kernel/json.ts';`,
      ],
      [
        'src/cli/main.ts',
        `import { createTasker } from '../index.ts';\n// sound: checked above\nexport const a = createTasker as string;`,
      ],
    ]);

    expect(architectureProblems(files)).toEqual([]);
  });
});
