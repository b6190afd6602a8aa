/**
 * Measures this engine beside the floor and beside other engines, on the same server, with the same tasks and handlers. See
 * README.md.
 *
 * I1: every run has a fresh database (or a fresh server of the peer's own), right after a checkpoint, and a fresh process.
 * I2: all contenders take turns within a round, in another order each round.
 * I3: a run counts only when every handler ran exactly as often as it had to.
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { describeMachine, machineFacts } from './machine.mjs';
import { renderChart } from './peers/chart.mjs';
import { CONTENDERS, reasonToSkip, tasksOf } from './peers/contenders.mjs';
import { prepare, versionsOf } from './peers/install.mjs';
import { readOptions, USAGE } from './peers/options.mjs';
import { panelsOf, renderTables } from './peers/report.mjs';
import { askChild, inTurn } from './rounds.mjs';
import { openServer } from './server.mjs';
import { SHAPES, WORKLOADS } from './workloads.mjs';

const ONE = path.join(import.meta.dirname, 'peers/one.mjs');
const ALL = { ...WORKLOADS, ...SHAPES };
const CHART_TITLE = 'The same tasks on the same machine';

/** No run takes longer: it hangs. */
const RUN_TIMEOUT_MS = 3 * 60_000;

/** What peers call that Node.js or a driver will drop one day is for their makers to read. */
const QUIET = ['--disable-warning=DeprecationWarning'];

const QUICK_CONCURRENCY = 100;
const CONNECTIONS = 2;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(`bench:peers: ${error.message}`);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code: 1 when a run does not count */
async function main(options) {
  const { ready, missing } = prepareAll(options.contenders);
  const server = await openServer();
  try {
    const machine = await machineFacts(server);
    const versions = versionsOf(Object.keys(ready));
    console.log(`${describeMachine(machine)}\n${describePeers(versions)}\n`);
    const startedAt = performance.now();
    const runs = await runAll(server, ready, options);
    console.log(renderTables(runs));
    console.log(
      '\nMedian (least–most) over the rounds; a ratio is ours by theirs, taken inside one round. Rates: more is better. The rest: less is better.',
    );
    console.log(describeEnd(startedAt));
    const skipped = skippedOf(options, missing);
    for (const line of skipped) console.log(`SKIPPED ${line}`);
    const broken = runs.filter(({ problem }) => problem !== null);
    for (const { workload, contender, round, problem } of broken)
      console.log(`BROKEN ${workload} ${contender}, round ${round}: ${problem}`);
    if (options.json !== null)
      writeFileSync(
        options.json,
        `${JSON.stringify({ machine, versions, options, skipped, runs }, null, 2)}\n`,
      );
    if (options.svg !== null) writeFileSync(options.svg, renderChart(CHART_TITLE, panelsOf(runs)));
    return broken.length > 0 ? 1 : 0;
  } finally {
    await server.close();
  }
}

/** Before anything is measured: installing disturbs. */
function prepareAll(names) {
  const ready = {};
  const missing = {};
  for (const name of names) {
    const { execPath, problem } = prepare(name);
    if (problem === undefined) ready[name] = execPath;
    else missing[name] = problem;
  }
  return { ready, missing };
}

async function runAll(server, ready, options) {
  const runs = [];
  for (let round = 1; round <= options.repeat; round += 1) {
    for (const workload of options.workloads) {
      const names = Object.keys(ready).filter((name) => reasonToSkip(name, workload) === null);
      for (const contender of inTurn(names, round)) {
        const run = await runOne(server, { contender, workload, round, ready, options });
        runs.push(run);
        console.error(progressLine(run));
      }
    }
  }
  return runs;
}

/** I1 */
function runOne(server, { contender, workload, round, ready, options }) {
  const { kind, steps, quickTasks } = ALL[workload];
  const byDefault = options.quick
    ? quickTasks
    : tasksOf(contender, { workload, kind, size: steps.length });
  const tasks = options.tasks ?? byDefault;
  const load = loadavg()[0];
  return server.withFreshDatabase(async ({ name, url }) => {
    const job = {
      workload,
      contender,
      tasks,
      concurrency: concurrencyOf(contender, options),
      connections: CONNECTIONS,
      url,
      database: name,
      adminUrl: server.url,
      postmasterPid: server.postmasterPid,
      statements: server.statements,
    };
    const answer = await askChild(job, {
      file: ONE,
      timeoutMs: RUN_TIMEOUT_MS,
      execPath: ready[contender],
      execArgv: QUIET,
    });
    return { workload, contender, round, tasks, load, ...answer };
  });
}

function concurrencyOf(contender, { quick }) {
  const { concurrency } = CONTENDERS[contender];
  return quick ? Math.min(concurrency, QUICK_CONCURRENCY) : concurrency;
}

function describePeers(versions) {
  const shown = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `peers       ${shown.length > 0 ? shown.join(', ') : 'none'}`;
}

function describeEnd(startedAt) {
  const minutes = (performance.now() - startedAt) / 60_000;
  const load = loadavg().map((value) => value.toFixed(2));
  return `Took ${minutes.toFixed(1)} minutes; load at end ${load.join(' ')} (the benchmark's own included).`;
}

/** @returns {readonly string[]} a line for each contender that took no part, and for each that left workloads out */
function skippedOf({ contenders, workloads }, missing) {
  return contenders.flatMap((name) => {
    if (missing[name] !== undefined) return [`${name}: ${missing[name]}`];
    const reasons = new Map();
    for (const workload of workloads) {
      const reason = reasonToSkip(name, workload);
      if (reason !== null) reasons.set(reason, [...(reasons.get(reason) ?? []), workload]);
    }
    return [...reasons].map(([reason, names]) => `${name} on ${names.join(', ')}: ${reason}`);
  });
}

function progressLine({ workload, contender, round, measures, problem }) {
  if (problem !== null) return `${workload} ${contender} #${round}: BROKEN ${problem}`;
  const shown = Object.entries(measures).map(
    ([key, value]) => `${key} ${value === null ? '–' : Number(value.toPrecision(4))}`,
  );
  return `${workload} ${contender} #${round}: ${shown.join(', ')}`;
}
