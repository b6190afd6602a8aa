/** Puts the figures of recorded runs (chaos/results, one file per profile) into the page of guarantees. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../docs/guarantees.md');
const RESULTS = path.join(import.meta.dirname, 'results');
const MARKS = { begin: '<!-- figures of npm run chaos: begin -->', end: '<!-- end -->' };
const PROFILES = ['ci', 'long', 'fast', 'defaults'];

const count = (value) =>
  value === undefined || value === null ? '–' : value.toLocaleString('en-US');
const times = (...values) =>
  values.every((value) => typeof value === 'number')
    ? `${values.map((value) => (value / 1_000).toFixed(2)).join(' / ')} s`
    : '–';

/** Title of each row, and what it shows of a run. */
const ROWS = [
  ['run on', ({ date }) => date ?? '–'],
  ['seed, minutes under attack', ({ seed, minutes }) => `${seed}, ${minutes}`],
  ['lease of the workers', ({ lease_ms: ms }) => `${ms / 1_000} s`],
  ['tasks, steps', (run) => `${count(run.tasks)}, ${count(run.steps)}`],
  ['attempts on record, of them lost', (run) => `${count(run.attempts)}, ${count(run.lost_runs)}`],
  [
    'SIGKILL of workers, of servers',
    (run) => `${count(run.worker_kills)}, ${count(run.server_kills)}`,
  ],
  ['workers stopped by SIGSTOP and continued', (run) => count(run.pauses)],
  ['workers killed by a step (abort, out of memory)', (run) => count(run.crashes)],
  ['SIGKILL of PostgreSQL', (run) => count(run.postgres_kills)],
  ['failovers to a synchronous standby', (run) => count(run.failovers)],
  ['connections cut around a write or its commit', (run) => count(run.cuts)],
  ['writes answered with “disk full”', (run) => count(run.disk_full)],
  ['requests that callers repeated', (run) => count(run.repeated)],
  ['**acknowledged tasks lost**', (run) => `**${count(run.lost)}**`],
  [
    '**double successes, stale winners**',
    (run) => `**${count(run.double)}, ${count(run.stale_winners)}**`,
  ],
  [
    '**laws broken, tasks stranded or ended wrongly**',
    (run) => `**${count(run.violations)}, ${count(run.wrong_ends)}**`,
  ],
  ['handlers that ended after their attempt was lost', (run) => count(run.late)],
  ['of them told as a refused write', (run) => count(run.fenced)],
  [
    'from SIGKILL of a worker to the next claim, no other fault meanwhile: p50 / p99 / most',
    (run) => times(run.recovery_p50_ms, run.recovery_p99_ms, run.recovery_max_ms),
  ],
  [
    'from promotion to the first stored result, at most',
    (run) => times(run.resume_after_promote_ms),
  ],
  [
    'acknowledged around asynchronous failovers, of them lost',
    (run) =>
      run.async_failovers ? `${count(run.async_acknowledged)}, ${count(run.async_lost)}` : '–',
  ],
  [
    'SIGKILL of the embedded database, acknowledged tasks lost',
    (run) =>
      run.embedded_kills ? `${count(run.embedded_kills)}, ${count(run.embedded_lost)}` : '–',
  ],
];

export function writeDocs() {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withFigures(page, readResults()));
}

/** The recorded runs, in the order of the profiles. */
export function readResults() {
  const files = new Set(existsSync(RESULTS) ? readdirSync(RESULTS) : []);
  return PROFILES.filter((name) => files.has(`${name}.json`)).map((name) =>
    JSON.parse(readFileSync(path.join(RESULTS, `${name}.json`), 'utf8')),
  );
}

/** The page with the table of these runs between its marks. @throws Error when the marks are missing */
export function withFigures(page, runs) {
  const [begin, end] = [page.indexOf(MARKS.begin), page.indexOf(MARKS.end)];
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${MARKS.begin} … ${MARKS.end}`);
  return `${page.slice(0, begin + MARKS.begin.length)}\n\n${figuresTable(runs)}\n\n${page.slice(end)}`;
}

/** A Markdown table as the formatter leaves it. */
export function figuresTable(runs) {
  if (runs.length === 0) return 'No run is recorded.';
  const table = [
    ['', ...runs.map(({ profile }) => `\`--profile ${profile}\``)],
    ...ROWS.map(([title, show]) => [title, ...runs.map(show)]),
  ];
  const widths = table[0].map((_, column) =>
    Math.max(3, ...table.map((row) => row[column].length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head, ...rows] = table.map(line);
  return [head, rule, ...rows].join('\n');
}
