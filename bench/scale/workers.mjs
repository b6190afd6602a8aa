/** Whether eight worker processes are as fast as one with as many slots, share the work, and never deadlock. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { define, enqueueAll, findViolations, migrate, startTasker } from '../ours.mjs';
import { Meter } from '../measure.mjs';
import { analyze } from '../pace.mjs';
import { inTurn } from '../rounds.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { ask, placeOf } from './fresh.mjs';
import { queryOnce } from './tables.mjs';

const PROCESSES = 8;
const SLOTS = 1_000;
const WORKER = path.join(import.meta.dirname, 'worker.mjs');

/** No drain takes longer: it hangs. */
const TIMEOUT_MS = 5 * 60_000;

export const workers = {
  title: 'eight worker processes',
  rounds: 3,
  rows: [
    { key: 'one', title: 'one process with 1,000 slots: drain, steps/s', digits: 0 },
    { key: 'eight', title: 'eight with 125 each: drain, steps/s', digits: 0 },
    { key: 'ratio', title: 'eight ÷ one', digits: 2, must: { least: 1 } },
    { key: 'deadlocks', title: 'deadlocks', digits: 0, must: { most: 0 } },
    { key: 'least', title: 'steps of the least busy of eight ÷ fair share', digits: 2 },
    { key: 'most', title: 'steps of the busiest of eight ÷ fair share', digits: 2 },
    { key: 'oneCpu', title: 'one: CPU of node, µs per step', digits: 1 },
    { key: 'eightCpu', title: 'eight: CPU of node, µs per step', digits: 1 },
    { key: 'onePostgres', title: 'one: CPU of PostgreSQL, µs per step', digits: 1 },
    { key: 'eightPostgres', title: 'eight: CPU of PostgreSQL, µs per step', digits: 1 },
    { key: 'oneBatch', title: 'one: steps per statement', digits: 0 },
    { key: 'eightBatch', title: 'eight: steps per statement', digits: 0 },
  ],
  async measure(server, { round, quick }) {
    const tasks = quick ? 400 : 40_000;
    const cases = { one: 1, eight: PROCESSES };
    const answers = {};
    for (const name of inTurn(Object.keys(cases), round))
      answers[name] = await drainWith(server, { tasks, processes: cases[name] });
    const { one, eight } = answers;
    return {
      one: one.rate,
      eight: eight.rate,
      ratio: eight.rate / one.rate,
      deadlocks: one.deadlocks + eight.deadlocks,
      least: eight.least,
      most: eight.most,
      oneCpu: one.cpu,
      eightCpu: eight.cpu,
      onePostgres: one.postgres,
      eightPostgres: eight.postgres,
      oneBatch: one.batch,
      eightBatch: eight.batch,
    };
  },
};

function drainWith(server, { tasks, processes }) {
  return server.withFreshDatabase(async (database) => {
    const place = placeOf(server, database);
    await ask({ file: 'workers', part: 'enqueue', tasks }, place);
    const drained = await drain(place, { tasks, processes });
    await ask({ file: 'workers', part: 'verify' }, place);
    const [{ deadlocks }] = await queryOnce(
      server.url,
      'select deadlocks::int from pg_stat_database where datname = $1',
      [database.name],
    );
    return { ...drained, deadlocks, ...(await fairness(database.url, processes)) };
  });
}

/** All processes are ready before the first one starts to work. */
async function drain(place, { tasks, processes }) {
  const meter = await Meter.open(place);
  const children = Array.from({ length: processes }, () => fork(WORKER));
  const stopAll = (signal) => children.forEach((child) => child.kill(signal));
  const timer = setTimeout(() => stopAll('SIGKILL'), TIMEOUT_MS);
  try {
    const job = { url: place.url, concurrency: SLOTS / processes };
    await Promise.all(children.map((child) => askFor(child, job, 'ready')));
    const startedAt = performance.timeOrigin + performance.now();
    let endedAt = startedAt;
    const cost = await meter.measure(async () => {
      endedAt = await untilDrained(children, tasks);
    });
    const spent = await Promise.all(children.map((child) => askFor(child, 'stop', 'stopped')));
    const steps = tasks * WORKLOADS.W1.steps.length;
    const cpuUs = spent.reduce((sum, { cpuUs: one }) => sum + one, 0);
    return {
      rate: (steps / (endedAt - startedAt)) * 1_000,
      cpu: cpuUs / steps,
      postgres: cost.postgresUs === null ? null : cost.postgresUs / steps,
      batch: place.statements === 'server' ? steps / cost.statements : null,
    };
  } finally {
    clearTimeout(timer);
    stopAll('SIGKILL');
    await meter.close();
  }
}

async function askFor(child, message, kind) {
  child.send(message);
  for (;;) {
    const [answer] = await Promise.race([once(child, 'message'), gone(child)]);
    if (answer.kind === kind) return answer;
  }
}

async function gone(child) {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`a worker process ended (${signal ?? code})`);
}

/** @returns {Promise<number>} when the last task was told to be complete */
function untilDrained(children, tasks) {
  return new Promise((resolve, reject) => {
    let left = tasks;
    let endedAt = 0;
    for (const child of children) {
      child.on('message', ({ kind, completed, at }) => {
        if (kind !== 'completed') return;
        left -= completed;
        endedAt = Math.max(endedAt, at);
        if (left === 0) resolve(endedAt);
      });
      gone(child).catch(reject);
      child.send('go');
    }
  });
}

async function fairness(url, processes) {
  const rows = await queryOnce(
    url,
    'select count(*)::int as steps from tasker.workflow_steps group by worker_id',
  );
  const counts = rows.map(({ steps }) => steps);
  const fair = counts.reduce((sum, count) => sum + count, 0) / processes;
  const least = counts.length < processes ? 0 : Math.min(...counts);
  return { least: least / fair, most: Math.max(...counts) / fair };
}

/** In the child that prepares and checks. */
export async function work({ part, url, tasks }) {
  if (part === 'verify') {
    const problem = await findViolations(url);
    if (problem !== null) throw new Error(problem);
    return {};
  }
  await migrate(url);
  const definition = define(WORKLOADS.W1, { identity: 'none' });
  const maker = await startTasker({ database: url, worker: false }, definition);
  await enqueueAll(maker, { tasks, connections: 2 });
  await maker.stop();
  await analyze(url);
  return {};
}
