import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compile } from '../crash/lab.ts';
import { describeOnPostgres } from '../support/each-database.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** A dozen processes on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

describeOnPostgres('the attack', () => {
  beforeAll(compile);

  test(
    'starts its own servers and processes, cuts and pauses them, and finds every promise kept',
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tasker-chaos-test-'));
      try {
        const file = path.join(folder, 'figures.json');
        const words = ['--seed', '1', '--minutes', '0.2', '--only', 'cut-after,worker-pause'];
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ['chaos/run.mjs', ...words, '--json', file],
          { cwd: ROOT, encoding: 'utf8' },
        );
        expect(stderr).not.toContain('FAILED');
        expect(stderr).toContain(
          'again with: npm run chaos -- --seed 1 --profile ci --minutes 0.2 --only cut-after,worker-pause',
        );
        expect(status).toBe(0);
        const figures: unknown = JSON.parse(stdout);
        expect(figures).toEqual(JSON.parse(readFileSync(file, 'utf8')));
        expect(figures).toMatchObject({
          ok: true,
          seed: '1',
          lost: 0,
          double: 0,
          stale_winners: 0,
          violations: 0,
          tasks: expect.any(Number) as unknown,
          pauses: 2,
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );
});

test('refuses a command line that it does not understand', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['chaos/run.mjs', '--only', 'flood'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(stderr).toContain('there is no fault flood');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
