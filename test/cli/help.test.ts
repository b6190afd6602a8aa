import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram, runCli } from '../../src/cli/program.ts';
import type { Toolbox } from '../../src/cli/toolbox.ts';
import { recordedIo } from './recorded-io.ts';

const GOLDEN = fileURLToPath(new URL('../golden/cli/', import.meta.url));
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';

/** Help must need none of the heavy parts. */
const toolbox: Toolbox = {
  createTasker: () => Promise.reject(new Error('help opens no database')),
  startService: () => Promise.reject(new Error('help serves nothing')),
  createClient: () => Promise.reject(new Error('help serves nothing')),
  taskFilter: () => Promise.reject(new Error('help serves nothing')),
  remoteTasker: () => Promise.reject(new Error('help serves nothing')),
  watchFiles: () => Promise.reject(new Error('help serves nothing')),
  loadModule: () => Promise.reject(new Error('help loads no module')),
  migrationScript: () => Promise.reject(new Error('help reads no migration')),
  version: () => '0.0.0',
};

const paths = commandPaths(createProgram({ io: recordedIo(), toolbox, done: () => undefined }));

test.each(paths.map((path) => ({ name: path.join(' ') || '(root)', path })))(
  'the help of `tasker $name` is as recorded (UPDATE_GOLDEN=1 records it anew)',
  async ({ path }) => {
    const io = recordedIo({ columns: 100 });
    expect(await runCli([...path, '--help'], io, toolbox)).toBe(0);
    expect(io.stderr()).toBe('');
    const file = join(GOLDEN, goldenName(path));
    if (isUpdating) {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, io.stdout());
    }
    expect(io.stdout()).toBe(readFileSync(file, 'utf8'));
  },
);

test('every recorded help belongs to a command', () => {
  expect(readdirSync(GOLDEN).toSorted()).toEqual(paths.map(goldenName).toSorted());
});

test('every command has --json and the options that name the database', async () => {
  for (const path of paths) {
    const io = recordedIo();
    await runCli([...path, '--help'], io, toolbox);
    for (const option of ['--json', '--database <url>', '--schema <name>', '--data-dir <folder>']) {
      expect(io.stdout(), path.join(' ')).toContain(option);
    }
  }
});

function commandPaths(
  command: Command,
  above: readonly string[] = [],
): readonly (readonly string[])[] {
  return [
    above,
    ...command.commands.flatMap((child) => commandPaths(child, [...above, child.name()])),
  ];
}

function goldenName(path: readonly string[]): string {
  return `${['tasker', ...path].join('-')}.txt`;
}
