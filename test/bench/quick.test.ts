import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { postgresUrl } from '../support/postgres.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NUMBER = /^[\d,]+(\.\d+)?$/;
/** Several runs, each in a process of its own, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

describeOnPostgres('the benchmark', () => {
  test(
    'prints ours, both floors and the ratio of W1, and loses no law over it',
    () => {
      const { status, stdout, stderr } = runBench(['W1', '--quick'], { onOwnServer: true });

      expect(stderr).not.toContain('BROKEN');
      expect(status).toBe(0);
      expect(stdout).toContain('fsync=on synchronous_commit=on');
      const [head = [], rule = [], ...rows] = tableOf(stdout);
      expect(head).toEqual([
        'workload',
        'measure',
        'ours',
        'queue floor',
        'lease floor',
        'ours ÷ queue floor',
        'ours ÷ lease floor',
      ]);
      expect(rule).toHaveLength(head.length);
      expect(rows.map(([, measure]) => measure)).toEqual([
        'drain, steps/s',
        'enqueue + drain, steps/s',
        'enqueue, tasks/s',
        'enqueue with the default identity, tasks/s',
        'statements per step',
        'commits per step',
        'WAL bytes per step',
        'CPU of node, µs per step',
        'CPU of PostgreSQL, µs per step',
      ]);
      for (const row of rows.filter(([, measure]) => !measure?.includes('PostgreSQL')))
        for (const cell of [row[2], row[5], row[6]]) expect(cell).toMatch(NUMBER);
      expect(closingLineOf(stdout)).toMatch(
        /^W1 ratio \(drain, steps\/s\): \d+\.\d+ of the floor with the same data model, \d+\.\d+ of the task-lease floor, in 1 round/,
      );
    },
    TIMEOUT_MS,
  );

  test(
    'writes every single run as JSON, with the facts of the machine',
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tasker-bench-'));
      try {
        const file = path.join(folder, 'runs.json');

        const { status } = runBench(['w5', '--quick', '--tasks', '2', '--json', file]);

        expect(status).toBe(0);
        const written: unknown = JSON.parse(readFileSync(file, 'utf8'));
        expect(written).toMatchObject({
          machine: { node: process.version, postgres: { fsync: expect.any(String) } },
          runs: ['ours', 'queue-floor', 'lease-floor'].map((contender) => ({
            workload: 'W5',
            contender,
            round: 1,
            tasks: 2,
            problem: null,
            measures: { awaitedP50: expect.any(Number), statements: expect.any(Number) },
          })),
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );
});

test.each([
  [['W9'], 'there is no workload W9'],
  [['--tasks', 'many'], '--tasks must be a whole number from 1, not "many"'],
  [['--concurrency', '1', '--connections', '2'], '--connections must not be larger'],
])('refuses the command line %j', (words, problem) => {
  const { status, stdout, stderr } = runBench(words);

  expect(stderr).toContain(problem);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

/** A server of its own takes seconds to make and start, so only one test has it; there commits wait for the disk. */
function runBench(words: readonly string[], { onOwnServer = false } = {}) {
  return spawnSync(process.execPath, ['bench/run.mjs', ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, BENCH_DATABASE_URL: onOwnServer ? '' : postgresUrl() },
  });
}

function tableOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function closingLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
