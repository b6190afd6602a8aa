import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../../bench/scale/options.mjs';
import { documentSections, refresh, renderAnswers } from '../../bench/scale/report.mjs';
import { layers } from '../../bench/scale/shapes.mjs';
import { describeOnPostgres } from '../support/each-database.ts';
import { postgresUrl } from '../support/postgres.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Several runs, each in a process of its own, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

describeOnPostgres('the benchmark of scale', () => {
  test(
    'answers the questions that were asked, and writes table and JSON',
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tasker-scale-'));
      try {
        const json = path.join(folder, 'runs.json');

        const { status, stdout } = runScale(['--quick', '--only', 'slots,workers', '--json', json]);

        expect(stdout).not.toContain('BROKEN');
        expect(status).toBe(0);
        expect(stdout).toMatch(/\| slots +\| slots whose handler runs, % +\| +≥ 95 \| +[\d.]+ \|/);
        expect(stdout).toMatch(/\| deadlocks +\| +≤ 0 \| +0 \| yes \|/);
        const written: unknown = JSON.parse(readFileSync(json, 'utf8'));
        expect(written).toMatchObject({
          runs: [
            { question: 'workers', round: 1, problem: null, measures: { deadlocks: 0 } },
            { question: 'slots', round: 1, problem: null, measures: { busy: expect.any(Number) } },
          ],
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );

  test(
    'loads copies of a finished task over which all laws hold',
    () => {
      const { status, stdout } = runScale(['--quick', '--only', 'history']);

      expect(stdout).not.toContain('BROKEN');
      expect(status).toBe(0);
      expect(stdout).toMatch(/finished steps stored \(orders of 5\) +\| +\| +5,000 \|/);
    },
    TIMEOUT_MS,
  );
});

describe('the command line of the benchmark of scale', () => {
  test('asks every question, as often as each wants, unless it is told otherwise', () => {
    const { questions, repeat, size } = readOptions([]);

    expect(questions).toEqual(
      expect.arrayContaining(['wide', 'long', 'backlog', 'history', 'workers', 'idle', 'bloat']),
    );
    expect(repeat).toBeNull();
    expect(size).toBe(1);
  });

  test('asks the named questions in the order of the table', () => {
    expect(readOptions(['--only', 'idle, wide']).questions).toEqual(['wide', 'idle']);
  });

  test.each([
    [['--only', 'wide,tall'], 'there is no question tall'],
    [['--repeat', '0'], '--repeat must be a whole number from 1, not "0"'],
    [['--size', '2'], '--size must be above 0 and at most 1, not "2"'],
    [['--quick', '--write-docs', 'page.md'], '--quick says nothing about scale'],
  ])('refuses %j', (words, problem) => {
    expect(() => readOptions(words)).toThrow(problem);
  });

  test('refuses a page that it cannot read before it measures anything', () => {
    const { status, stdout, stderr } = runScale([
      '--write-docs',
      path.join(tmpdir(), 'no', 'page'),
    ]);

    expect(stderr).toContain('ENOENT');
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

describe('the answers', () => {
  const questions = [
    {
      name: 'wide',
      rows: [
        { key: 'cost', title: 'cost ÷ order', digits: 2, must: { most: 1.3 } },
        { key: 'rate', title: 'steps/s', digits: 0, must: { least: 5_000 } },
        { key: 'count', title: 'steps', digits: 0 },
      ],
    },
  ];
  const run = (round: number, cost: number, rate: number | null) => ({
    question: 'wide',
    round,
    measures: { cost, rate, count: 7 },
    problem: null,
  });
  const machine = {
    takenAt: '2026-11-24T12:00:00.000Z',
    cores: 2,
    cpu: 'a processor',
    node: 'v20.19.0',
    postgres: { server_version: '15.1' },
    load: [0.1, 0.2, 0.3],
  };

  test('are medians over the rounds, with the least and the most, and say whether they keep to what they must', () => {
    const lines = renderAnswers(questions, [run(1, 1.2, 4_000), run(2, 1.5, 4_500)]).split('\n');

    expect(cellsOf(lines[2])).toEqual(['wide', 'cost ÷ order', '≤ 1.3', '1.35 (1.20–1.50)', 'no']);
    expect(cellsOf(lines[3])).toEqual(['', 'steps/s', '≥ 5,000', '4,250 (4,000–4,500)', 'no']);
    expect(cellsOf(lines[4])).toEqual(['', 'steps', '', '7 (7–7)', '']);
    expect(renderAnswers(questions, [run(1, 1.3, 5_000)])).toMatch(/ 1\.30 +\| yes \|/);
  });

  test('leave out rounds that do not count, and what could not be seen', () => {
    const broken = { question: 'wide', round: 2, measures: {}, problem: 'it hung' };

    const lines = renderAnswers(questions, [run(1, 1, null), broken]).split('\n');

    expect(cellsOf(lines[2])?.[3]).toBe('1.00');
    expect(cellsOf(lines[3])?.slice(3)).toEqual(['–', '']);
  });

  test('stand between their marks in a page, in place of older ones, and nothing else is touched', () => {
    const page = [
      '# A guide',
      '<!-- bench:scale wide -->\n\nold figures\n\n<!-- /bench:scale -->',
      '<!-- bench:scale idle -->\n\nkept figures\n\n<!-- /bench:scale -->',
      'the end',
    ].join('\n\n');

    const refreshed = refresh(page, documentSections(questions, [run(1, 1, 1)], machine));

    expect(refreshed).not.toContain('old figures');
    expect(refreshed).toContain('kept figures');
    expect(refreshed).toMatch(/^# A guide\n\n<!-- bench:scale wide -->\n\n\| Measure/);
    expect(refreshed).toContain('2026-11-24, 1 round; 2 cores (a processor)');
    expect(refreshed).toContain('load at start 0.1._');
    expect(refreshed.endsWith('the end')).toBe(true);
    expect(refresh(refreshed, documentSections(questions, [run(1, 1, 1)], machine))).toBe(
      refreshed,
    );
  });

  test('say when the machine was too busy for them', () => {
    const busy = { ...machine, load: [0.6, 0.1, 0.1] };

    expect(documentSections(questions, [run(1, 1, 1)], busy).get('wide')).toContain(
      'load at start 0.6, too busy for figures that count._',
    );
  });

  test('are refused by a page that has no place for them', () => {
    const sections = documentSections(questions, [run(1, 1, 1)], machine);

    expect(() => refresh('# A guide', sections)).toThrow(
      'the page has no <!-- bench:scale wide -->',
    );
  });

  test('have a place in the guide', () => {
    const guide = readFileSync(path.join(ROOT, 'docs/scale.md'), 'utf8');
    const { questions: names } = readOptions([]);

    for (const name of names) expect(() => refresh(guide, new Map([[name, '']]))).not.toThrow();
  });
});

describe('a graph of layers', () => {
  test('has each step wait for two steps of the layer before it', () => {
    const steps = layers(3, 4);

    expect(steps).toHaveLength(12);
    expect(steps.slice(0, 4).flatMap(({ parents }) => parents)).toEqual([]);
    expect(steps[7]).toEqual({ name: 'step_1_3', parents: ['step_0_3', 'step_0_0'] });
  });
});

function cellsOf(line: string | undefined): readonly string[] | undefined {
  return line
    ?.split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** On the test server, whose commits do not wait for the disk: nothing here looks at speed. */
function runScale(words: readonly string[]) {
  return spawnSync(process.execPath, ['bench/scale.mjs', ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, BENCH_DATABASE_URL: postgresUrl() },
  });
}
