import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Runs one suite in a test run of its own, as on a machine without a PostgreSQL server. */
function runWithoutServer(ci: boolean) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TASKER_TEST|TEST$|CI$|NODE_ENV$)/.test(name),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/gates/each-database.test.ts', '--no-color'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        ...Object.fromEntries(inherited),
        TEST_DATABASE_URL: 'none',
        ...(ci ? { CI: 'true' } : {}),
      },
    },
  );
  return { status, said: stdout + stderr };
}

test('without a server the suites that need one are skipped and the closing line says so', () => {
  const { status, said } = runWithoutServer(false);

  expect(said.trimEnd().split('\n').at(-1)).toMatch(
    /^tests: 2 passed · PostgreSQL: 0 · PGlite \d+\.\d+: 2 · neither: 0 · 0 failed · 2 skipped · 2 of them need PostgreSQL \(no server found\)$/,
  );
  expect(status).toBe(0);
});

test('with CI=true that is an error', () => {
  const { status, said } = runWithoutServer(true);

  expect(said).toContain('CI=true needs PostgreSQL');
  expect(status).not.toBe(0);
});
