import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What a tool answered. */
export interface ToolAnswer {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly said: string;
}

/** A small project of its own, outside the checkout. */
export interface FixtureProject {
  readonly folder: string;
  write(file: string, text: string): void;
  /** Runs an executable of the checkout's node_modules in it. */
  tool(name: string, ...args: readonly string[]): ToolAnswer;
}

/** Makes a project with some of this project's own files (configuration) and its dependencies; it goes when the test ends. */
export function fixtureProject(copied: readonly string[]): FixtureProject {
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-fixture-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const file of copied) copyFileSync(path.join(ROOT, file), path.join(folder, file));
  return {
    folder,
    write: (file, text) => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    },
    tool: (name, ...args) => {
      const program = path.join(ROOT, 'node_modules', '.bin', name);
      const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '' };
      const result = spawnSync(program, args, {
        cwd: folder,
        encoding: 'utf8',
        env,
        timeout: 50_000,
      });
      return { code: result.status, said: `${result.stdout}${result.stderr}` };
    },
  };
}
