/**
 * Measures this engine beside the least that a hand-written program would have to do, on a real PostgreSQL with fsync on. See
 * README.md.
 *
 * I1: every run has a fresh database, right after a checkpoint, and a fresh process.
 * I2: the contenders of a workload take turns, in another order each round, so that what disturbs the machine disturbs all.
 * I3: a run of ours counts only when the engine's own laws hold over what it stored.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine, machineFacts } from './machine.mjs';
import { readOptions, USAGE } from './options.mjs';
import { askChild, inTurn } from './rounds.mjs';
import { openServer } from './server.mjs';
import { closingLine, renderTable } from './table.mjs';
import { WORKLOADS } from './workloads.mjs';

const ONE = path.join(import.meta.dirname, 'one.mjs');
const CONTENDERS = {
  throughput: ['ours', 'queue-floor', 'lease-floor', 'ours-identity'],
  latency: ['ours', 'queue-floor', 'lease-floor'],
};

/** No run takes longer: it hangs. */
const RUN_TIMEOUT_MS = 15 * 60_000;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code: 1 when a run does not count */
async function main(options) {
  const server = await openServer();
  try {
    const machine = await machineFacts(server);
    console.log(`${describeMachine(machine)}\n${describeRuns(options)}\n`);
    const runs = await runAll(server, options);
    console.log(renderTable(runs));
    console.log(
      '\nMedian (least–most) over the rounds; a ratio is taken inside one round. Rates: more is better. The rest: less is better.',
    );
    const broken = runs.filter(({ problem }) => problem !== null);
    for (const { workload, contender, round, problem } of broken)
      console.log(`BROKEN ${workload} ${contender}, round ${round}: ${problem}`);
    console.log(closingLine(runs));
    if (options.json !== null)
      writeFileSync(options.json, `${JSON.stringify({ machine, options, runs }, null, 2)}\n`);
    return broken.length > 0 ? 1 : 0;
  } finally {
    await server.close();
  }
}

async function runAll(server, options) {
  const runs = [];
  for (let round = 1; round <= options.repeat; round += 1) {
    for (const workload of options.workloads) {
      for (const contender of inTurn(CONTENDERS[WORKLOADS[workload].kind], round)) {
        const run = await runOne(server, { ...options, workload, contender, round });
        runs.push(run);
        console.error(progressLine(run));
      }
    }
  }
  return runs;
}

/** I1 */
function runOne(server, { workload, contender, round, concurrency, connections, ...options }) {
  const tasks = tasksOf(workload, options);
  return server.withFreshDatabase(async ({ name, url }) => {
    const job = {
      workload,
      contender,
      tasks,
      concurrency,
      connections,
      url,
      database: name,
      adminUrl: server.url,
      postmasterPid: server.postmasterPid,
      statements: server.statements,
    };
    const answer = await askChild(job, { file: ONE, timeoutMs: RUN_TIMEOUT_MS });
    return { workload, contender, round, tasks, ...answer };
  });
}

function tasksOf(workload, { tasks, quick }) {
  return tasks ?? WORKLOADS[workload][quick ? 'quickTasks' : 'tasks'];
}

function describeRuns(options) {
  const sizes = options.workloads.map(
    (workload) => `${workload} ${tasksOf(workload, options)} tasks`,
  );
  const { concurrency, connections, repeat } = options;
  return `runs        ${sizes.join(', ')}; W1 to W4: ${concurrency} steps in flight, ${connections} connections; rounds: ${repeat}`;
}

function progressLine({ workload, contender, round, measures, problem }) {
  if (problem !== null) return `${workload} ${contender} #${round}: BROKEN ${problem}`;
  const shown = Object.entries(measures).map(
    ([key, value]) => `${key} ${value === null ? '–' : Number(value.toPrecision(4))}`,
  );
  return `${workload} ${contender} #${round}: ${shown.join(', ')}`;
}
