import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAWS } from '../src/store/audit/index.ts';
import { docBlocks, typedCommands, type DocBlock } from './gates/doc-blocks.ts';
import {
  commandProblems,
  definitionProblems,
  isDefinition,
  typeScriptProblems,
} from './gates/doc-checks.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const block = (language: string, code: string, words: readonly string[] = []): DocBlock => ({
  file: 'docs/guide.md',
  line: 10,
  language,
  words,
  code,
});

describe('the documentation', () => {
  const files = documents();
  const blocks = files.flatMap((file) =>
    docBlocks(file, readFileSync(path.join(ROOT, file), 'utf8')),
  );

  test('is found, with blocks of every kind that is checked', () => {
    expect(files).toContain('README.md');
    expect(blocks.filter(({ language }) => language === 'ts').length).toBeGreaterThan(0);
    expect(blocks.filter(isDefinition).length).toBeGreaterThan(0);
    expect(
      blocks.filter(({ language }) => language === 'bash' || language === 'sh').length,
    ).toBeGreaterThan(0);
  });

  test('shows TypeScript that compiles against the public door', () => {
    expect(typeScriptProblems(blocks).join('\n')).toBe('');
  });

  test('shows task definitions that can be read', () => {
    expect(definitionProblems(blocks).join('\n')).toBe('');
  });

  test('shows commands that exist', () => {
    expect(commandProblems(blocks).join('\n')).toBe('');
  });

  test.each(['errors', 'rest'])('has an up-to-date page %s.md', (page) => {
    const script = path.join(ROOT, `scripts/generate-${page}.mjs`);
    const { stderr, status } = spawnSync(process.execPath, [script, '--check'], {
      encoding: 'utf8',
    });

    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('explains every law and every check to operators', () => {
    const guide = readFileSync(path.join(ROOT, 'docs/operating.md'), 'utf8');
    const doctor = ['engine/doctor.ts', 'engine/doctor-judges.ts']
      .map((file) => readFileSync(path.join(ROOT, 'src', file), 'utf8'))
      .join('\n');
    const checks = [...doctor.matchAll(/(?:ok|warning|problem)\(\s*'([a-z]+)'/g)].map(
      ([, name = '']) => name,
    );

    expect(checks.length).toBeGreaterThan(9);
    for (const name of [...LAWS.map((law) => law.id), ...checks])
      expect(guide).toContain(`| \`${name}\``);
  });

  test('links only to files that exist', () => {
    expect(files.flatMap(deadLinks).join('\n')).toBe('');
  });
});

describe('a planted fault is found:', () => {
  test('a type error, at its line in the document', () => {
    const code = `import { createTasker } from 'tasker-engine';\nconst count: number = 'three';`;

    expect(typeScriptProblems([block('ts', code)])).toEqual([
      expect.stringMatching(/^docs\/guide\.md:11 error TS2322/),
    ]);
  });

  test('a name that the public door does not have', () => {
    const problems = typeScriptProblems([
      block('ts', `import { noSuchThing } from 'tasker-engine';`),
    ]);

    expect(problems.join()).toMatch(/docs\/guide\.md:10 .*noSuchThing/);
  });

  test('an import of a block that is not there', () => {
    const user = block('ts', `import { cart } from './steps/cart.ts';\nexport const one = cart;`);

    expect(typeScriptProblems([user])).toHaveLength(1);
    expect(
      typeScriptProblems([user, block('ts', 'export const cart = 1;', ['steps/cart.ts'])]),
    ).toEqual([]);
  });

  test('a definition that cannot be read', () => {
    const sound =
      'name: order\nnamespace: shop\nversion: 1.0.0\nstep_templates:\n  - name: one\n    handler: ./one.ts#one\n';

    expect(definitionProblems([block('yaml', sound)])).toEqual([]);
    expect(definitionProblems([block('yaml', `${sound}    depends_on_step: nowhere\n`)])).toEqual([
      expect.stringMatching(/^docs\/guide\.md:10 .*nowhere/),
    ]);
  });

  test.each([
    ['npx tasker tasks list', []],
    ['npx tasker tasks lisst', ['docs/guide.md:10 there is no command tasker tasks lisst']],
    ['npx tasker frobnicate', ['docs/guide.md:10 there is no command tasker frobnicate']],
    [
      'npx tasker tasks list --colour',
      ['docs/guide.md:10 there is no option --colour of tasker tasks list --colour'],
    ],
    ['npm run no-such-script', ['docs/guide.md:10 there is no script for npm run no-such-script']],
    ['npm start', []],
  ])('a command that does not exist: %s', (code, problems) => {
    expect(commandProblems([block('bash', code)])).toEqual(problems);
  });
});

test('blocks are found with their language, words and first line', () => {
  const text = [
    '# A',
    '```ts steps/a.ts',
    'const a = 1;',
    '```',
    '- b',
    '  ```yaml',
    '  name: c',
    '  ```',
    '````md',
    '```ts',
    '```',
    '````',
  ];

  expect(docBlocks('a.md', text.join('\n'))).toEqual([
    { file: 'a.md', line: 3, language: 'ts', words: ['steps/a.ts'], code: 'const a = 1;' },
    { file: 'a.md', line: 7, language: 'yaml', words: [], code: 'name: c' },
    { file: 'a.md', line: 10, language: 'md', words: [], code: '```ts\n```' },
  ]);
  expect(() => docBlocks('a.md', '```ts\nconst a = 1;')).toThrow(
    'a.md:1 opens a block that is never closed',
  );
});

test('commands are found without prompts, comments, variables and output', () => {
  const code = [
    `DATABASE_URL=postgres://x npx tasker worker a.yaml \\`,
    `  --queue b # why`,
    `# comment`,
    `cd a && npm start`,
  ];
  expect(typedCommands(block('bash', code.join('\n')))).toEqual([
    { line: 10, words: ['npx', 'tasker', 'worker', 'a.yaml', '--queue', 'b'] },
    { line: 13, words: ['cd', 'a'] },
    { line: 13, words: ['npm', 'start'] },
  ]);

  expect(typedCommands(block('console', '$ npm start\ncomplete in 2.4s'))).toEqual([
    { line: 10, words: ['npm', 'start'] },
  ]);
});

/** Every Markdown file that readers see, relative to the checkout. */
function documents(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    existsSync(path.join(ROOT, folder))
      ? readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
          path.posix.join(folder, file),
        )
      : [];
  return [...readdirSync(ROOT), ...['docs', 'examples', 'bench'].flatMap(below)]
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules/'))
    .sort();
}

function deadLinks(file: string): readonly string[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !existsSync(path.join(ROOT, path.dirname(file), target)))
    .map((target) => `${file} links to ${target}, which does not exist`);
}
