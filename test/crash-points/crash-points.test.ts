import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { postgresUrl } from '../support/postgres.ts';
import { compile } from '../crash/lab.ts';
import { unexercised } from './plan.mjs';
import { compiledFiles, scan, type EngineMap } from './scan.mjs';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));

beforeAll(compile);

/** A share of `npm run crash-points`, chosen by a seed that it prints. */
function share(database: 'both' | 'pglite'): void {
  const seed = process.env['TEST_SEED'];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [RUN, '--share', '--database', database, ...(seed === undefined ? [] : ['--seed', seed])],
    {
      encoding: 'utf8',
      env: { ...process.env, TEST_DATABASE_URL: postgresUrl() ?? 'none' },
    },
  );
  console.info(stdout.trim());
  expect(`${stderr}${status === 0 ? '' : stdout}`).toBe('');
  expect(status).toBe(0);
}

describeOnPostgres('a process that is killed at an await of the database', () => {
  test('loses nothing and strands nothing, here and on PGlite; and every await of every verb is passed', () => {
    share('both');
  }, 300_000);
});

describe.skipIf(postgresUrl() !== undefined)(
  'a process that is killed at an await of the database [pglite]',
  () => {
    test('loses nothing and strands nothing', () => {
      share('pglite');
    }, 300_000);
  },
);

describe('the map of the awaits', () => {
  const planted = (file: string, from: string, to: string): EngineMap => {
    const files = new Map(compiledFiles());
    const text = files.get(file) ?? '';
    expect(text).toContain(from);
    files.set(file, text.replace(from, to));
    return scan(files);
  };

  test('names every statement, and each belongs to a verb or is listed as a question', () => {
    const { required, problems } = scan();
    expect(problems).toEqual([]);
    expect(required.length).toBeGreaterThan(150);
    expect(required).toContain('cancel-task/lock-tasks');
    expect(required).toContain('complete/commit(settle-tasks)');
  });

  test('asks for a statement that a verb has got and nobody exercises', () => {
    const exercised = scan().required.flatMap((name) => [`${name}/before`, `${name}/after`]);
    const { required } = planted(
      'store/tasks/settle-task.js',
      'return async (db, taskIds) => {',
      'return async (db, taskIds) => {\nawait db.query({ text: "select 1" });',
    );
    expect(unexercised(required, exercised)).toEqual(
      expect.arrayContaining(['cancel-task/lock-tasks.1/before', 'cancel-task/lock-tasks.2/after']),
    );
  });

  test('asks for a transaction that a verb has got and nobody exercises', () => {
    const exercised = scan().required.flatMap((name) => [`${name}/before`, `${name}/after`]);
    const { required } = planted(
      'engine/reap.js',
      'await settleTasks(parts, [...new Set(exhausted)]);',
      'await parts.db.transaction((tx) => settleIn(parts, tx, exhausted));',
    );
    expect(unexercised(required, exercised)).toContain('reap/commit(reap-lost.2)/after');
  });

  test('tells of a statement that no verb comes to', () => {
    const { problems } = planted(
      'engine/queries.js',
      'export async function getTask(',
      'export async function stray(parts) { return parts.db.query({ text: "select 1" }); }\nexport async function getTask(',
    );
    expect(problems).toEqual(['query stray (engine/queries.js#stray) belongs to no verb']);
  });

  test('tells of a verb whose function is gone', () => {
    const { problems } = planted(
      'engine/reset.js',
      'function resetStep(',
      'function resetOneStep(',
    );
    expect(problems).toContain(
      'the verb reset-step has lost its function engine/reset.js#resetStep',
    );
  });
});
