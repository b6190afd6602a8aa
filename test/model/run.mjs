/**
 * Runs the model beside the engine: `npm run model -- --runs 1000 --commands 40 --database pglite --seed 7 --minutes 30`. Without a
 * database, both: 1,000 runs on the embedded one and 200 on PostgreSQL. Prints one line of JSON; exits with 1 when a run failed, or
 * when some command never had one of its outcomes.
 *
 * TASKER_MODEL_SEED and TASKER_MODEL_PATH, as a failure shows them, repeat that run alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const RUNS = { pglite: '1000', postgres: '200' };

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    commands: { type: 'string', default: '40' },
    database: { type: 'string' },
    seed: { type: 'string', default: process.env['TASKER_MODEL_SEED'] },
    minutes: { type: 'string', default: '60' },
  },
});
const databases = values.database === undefined ? Object.keys(RUNS) : [values.database];
for (const database of databases)
  if (!(database in RUNS)) fail(`--database is ${Object.keys(RUNS).join(' or ')}, not ${database}`);
for (const name of ['runs', 'commands', 'seed', 'minutes'])
  if (values[name] !== undefined && !/^\d+$/.test(values[name]))
    fail(`--${name} is a whole number`);

const folder = mkdtempSync(path.join(tmpdir(), 'tasker-model-'));
try {
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
  // The databases side by side, each in a process of its own.
  const figures = await Promise.all(databases.map((database) => run(database, seed)));
  const byDatabase = Object.fromEntries(databases.map((name, at) => [name, figures[at]]));
  console.log(JSON.stringify({ seed: Number(seed), ...byDatabase }));
  const isSound = figures.every(
    (f) => f !== null && f.failed === 0 && f.never_happened.length === 0,
  );
  process.exitCode = isSound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the figures of the runs on one database, or null when there are none */
async function run(database, seed) {
  const report = path.join(folder, 'report');
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const file = 'test/model/random-runs.test.ts';
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      file,
      '--reporter=default',
      '--hookTimeout=600000', // a long lane may run beside other work
      '-t',
      `\\[${database}\\]`,
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        [`TASKER_MODEL_RUNS_${database.toUpperCase()}`]: values.runs ?? RUNS[database],
        TASKER_MODEL_COMMANDS: values.commands,
        TASKER_MODEL_SEED: seed,
        TASKER_MODEL_MINUTES: values.minutes,
        TASKER_MODEL_REPORT: report,
        // No server is started for it, and that is no lack.
        ...(database === 'pglite' && { TEST_DATABASE_URL: 'none', CI: '' }),
      },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) console.error(output);
  try {
    return JSON.parse(readFileSync(`${report}.${database}`, 'utf8'));
  } catch {
    return null; // it failed before the first run, as its output says
  }
}

function fail(problem) {
  console.error(`model: ${problem}`);
  process.exit(2);
}
