import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderChart } from '../../bench/peers/chart.mjs';
import { readOptions } from '../../bench/peers/options.mjs';
import { Tally } from '../../bench/peers/tally.mjs';
import { describeOnPostgres } from '../support/each-database.ts';
import { postgresUrl } from '../support/postgres.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const STEPS = [
  { name: 'first', parents: [] },
  { name: 'last', parents: ['first'] },
];

describeOnPostgres('the benchmark against peers', () => {
  test('measures ours and a floor, checks their handlers, and writes table, JSON and chart', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tasker-peers-'));
    try {
      const [json, svg] = [path.join(folder, 'runs.json'), path.join(folder, 'chart.svg')];
      const words = ['diamond-4', '--quick', '--tasks', '10', '--only', 'ours,queue-floor'];

      const { status, stdout } = runPeers([...words, '--json', json, '--svg', svg]);

      expect(stdout).not.toContain('BROKEN');
      expect(status).toBe(0);
      expect(stdout).toMatch(/\| Tasker +\| +10 \| +[\d,]+ \|/);
      expect(stdout).toMatch(/load at end [\d.]+ [\d.]+ [\d.]+/);
      const written: unknown = JSON.parse(readFileSync(json, 'utf8'));
      expect(written).toMatchObject({
        runs: ['ours', 'queue-floor'].map((contender) => ({
          workload: 'diamond-4',
          contender,
          tasks: 10,
          load: expect.any(Number),
          problem: null,
          measures: {
            create: expect.any(Number),
            drain: expect.any(Number),
            total: expect.any(Number),
            commits: expect.any(Number),
            walBytes: expect.any(Number),
            nodeUs: expect.any(Number),
          },
        })),
      });
      expect(readFileSync(svg, 'utf8')).toContain('diamond-4 a diamond of 4');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  test('says which contenders leave a workload out, and why', () => {
    const { status, stdout } = runPeers(['complex-7', '--quick', '--only', 'dbos-direct']);

    expect(stdout).toContain('SKIPPED dbos-direct on complex-7: compared on W5 alone');
    expect(status).toBe(0);
  });
});

describe('the command line of the benchmark against peers', () => {
  test('runs every workload and contender unless it is told otherwise', () => {
    const { workloads, contenders, repeat } = readOptions([]);

    expect(workloads).toEqual(
      expect.arrayContaining(['W1', 'W2', 'W3', 'W4', 'W5', 'linear-4', 'tree-8']),
    );
    expect(contenders).toEqual(expect.arrayContaining(['ours', 'queue-floor', 'dbos', 'pg-boss']));
    expect(repeat).toBe(3);
  });

  test('takes workloads in any case, all shapes by one word, and the named contenders in table order', () => {
    const { workloads, contenders } = readOptions(['shapes', 'w2', '--only', 'restate, ours']);

    expect(workloads).toEqual(['W2', 'linear-4', 'diamond-4', 'complex-7', 'tree-8']);
    expect(contenders).toEqual(['ours', 'restate']);
  });

  test.each([
    [['W9'], 'there is no workload W9'],
    [['--only', 'ours,nobody'], 'there is no contender nobody'],
    [['--repeat', '0'], '--repeat must be a whole number from 1, not "0"'],
  ])('refuses %j', (words, problem) => {
    expect(() => readOptions(words)).toThrow(problem);
  });
});

describe('the tally of handlers', () => {
  test('finds no problem when every step of every task ran once and saw its parents', async () => {
    const tally = new Tally(STEPS);
    const all = tally.allOf(2);
    const end = tally.endOf(2);

    for (const number of [1, 2]) {
      await tally.run('first', number, []);
      await tally.run('last', number, [{ ok: true }]);
    }

    await all;
    expect(await end).toBeGreaterThan(0);
    expect(tally.problem(2)).toBeNull();
  });

  test.each([
    { runs: [['first', 1]], problem: 'last of task 1 ran 0 times, not 1' },
    {
      runs: [
        ['first', 1],
        ['last', 1],
        ['last', 1],
      ],
      problem: 'last of task 1 ran 2 times, not 1',
    },
    {
      runs: [
        ['first', 1],
        ['last', 1],
        ['first', 7],
      ],
      problem: 'first of task 7 ran 1 times, not 0',
    },
  ] as const)('tells that $problem', async ({ runs, problem }) => {
    const tally = new Tally(STEPS);

    for (const [name, number] of runs) await tally.run(name, number);

    expect(tally.problem(1)).toBe(problem);
  });

  test('tells when no handler of a task ran at all, however many tasks there are', () => {
    expect(new Tally(STEPS).problem(5000)).toContain('first of task 1 ran 0 times, not 1');
  });

  test('tells when a dependent did not get the results that it depends on', async () => {
    const tally = new Tally(STEPS);

    await tally.run('first', 1, []);
    await tally.run('last', 1, [undefined]);

    expect(tally.problem(1)).toBe('last of task 1 saw 0 of 1 results');
  });
});

describe('the chart', () => {
  const bars = [
    { label: 'Tasker', value: 40_000, kind: 'ours' },
    { label: 'a <peer> & "more"', value: 10_000, kind: 'peer' },
  ] as const;

  test('draws each bar in proportion to the largest of its panel, with its value beside it', () => {
    const drawn = renderChart('A title', [{ title: 'W1', unit: 'steps/s', bars }]);

    const widths = [...drawn.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toHaveLength(2);
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(4, 1);
    expect(drawn).toContain('>40,000<');
    expect(drawn).toContain('>10,000<');
  });

  test('is well formed whatever the labels hold, and has colours for a dark page', () => {
    const drawn = renderChart('A & B', [{ title: 'W1', unit: 'steps/s', bars }]);

    expect(drawn).toContain('a &lt;peer&gt; &amp; &quot;more&quot;');
    expect(drawn).toContain('aria-label="A &amp; B"');
    expect(drawn).toContain('prefers-color-scheme: dark');
    expect(drawn).not.toContain('NaN');
  });

  test('cuts and marks a bar that would make all others too short to compare', () => {
    const drawn = renderChart('A title', [
      {
        title: 'W5',
        unit: 'ms',
        longest: 10,
        bars: [
          { label: 'Tasker', value: 5, kind: 'ours' },
          { label: 'a poller', value: 5000, kind: 'peer' },
        ],
      },
    ]);

    const widths = [...drawn.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(10, 1);
    expect(drawn).toContain('>→ 5,000<');
    expect(drawn).toContain('>5.0<');
  });

  test('puts panels below each other and makes room for all of them', () => {
    const panel = { title: 'W1', unit: 'steps/s', bars };

    const heights = [1, 2].map((count) => {
      const drawn = renderChart(
        'A title',
        Array.from({ length: count }, () => panel),
      );
      return Number(/height="(\d+)" role/.exec(drawn)?.[1]);
    });

    expect((heights[1] ?? 0) - (heights[0] ?? 0)).toBeGreaterThan(2 * 20);
  });
});

/** On the test server, whose commits do not wait for the disk: nothing here looks at speed. */
function runPeers(words: readonly string[]) {
  return spawnSync(process.execPath, ['bench/peers.mjs', ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, BENCH_DATABASE_URL: postgresUrl() },
  });
}
