import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { docBlocks } from '../gates/doc-blocks.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Loads a TypeScript file in which the package's own name means its sources. */
const LOADER = `
import { createJiti } from 'jiti';
const [, , file, door] = process.argv;
await createJiti(import.meta.url, { alias: { 'tasker-engine': door } }).import(file);
`;

test('the example of the guide runs, and prints one trace', () => {
  const guide = readFileSync(path.join(ROOT, 'docs/observing.md'), 'utf8');
  const example = docBlocks('docs/observing.md', guide).find(({ code }) =>
    code.includes('new InMemorySpanExporter()'),
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-guide-'));
  try {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'example.ts'), example?.code ?? '');
    writeFileSync(path.join(folder, 'load.mjs'), LOADER);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['load.mjs', path.join(folder, 'example.ts'), path.join(ROOT, 'src/index.ts')],
      { cwd: folder, encoding: 'utf8' },
    );

    expect(stderr).toBe('');
    const spans = stdout
      .trim()
      .split('\n')
      .map((line) => /^(\S+) (\S+) (\S+) (.+)$/.exec(line)?.slice(1) ?? [line]);
    const idOf = (name: string) => spans.find(([, , , shown]) => shown === name)?.[1];
    const parentOf = (name: string) => spans.find(([, , , shown]) => shown === name)?.[2];
    expect(spans).toHaveLength(4);
    expect(new Set(spans.map(([trace]) => trace)).size).toBe(1);
    expect(parentOf('POST /orders')).toBe('(root)');
    expect(parentOf('task order')).toBe(idOf('POST /orders'));
    expect(parentOf('step cart')).toBe(idOf('task order'));
    expect(parentOf('step charge')).toBe(idOf('task order'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
