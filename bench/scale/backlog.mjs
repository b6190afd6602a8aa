/** Whether a claim gets slower, and draining with it, when a million steps are ready. */
import pg from 'pg';
import { define, drainAll, enqueueAll, findViolations, migrate, startTasker } from '../ours.mjs';
import { analyze } from '../pace.mjs';
import { inTurn } from '../rounds.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { ask, placeOf } from './fresh.mjs';

const READY = 1_000_000;
const FEW_READY = 1_000;
const DRAINED = 50_000;

/** Each statement stores one result and claims one step; the first ones find plans and caches cold. */
const CLAIMS = 800;
const WARM_UP_CLAIMS = 100;

/** What only a statement that claims from the queue says. */
const CLAIMING = 'skip locked';

export const backlog = {
  title: 'a million ready steps',
  rounds: 1,
  rows: [
    { key: 'ready', title: 'ready steps, each of a task of its own', digits: 0 },
    { key: 'enqueue', title: 'create them, tasks/s', digits: 0 },
    { key: 'fewP50', title: 'claim of one with 1,000 ready, p50, ms', digits: 2 },
    { key: 'fewP99', title: 'claim of one with 1,000 ready, p99, ms', digits: 2 },
    { key: 'manyP50', title: 'claim of one with all ready, p50, ms', digits: 2 },
    { key: 'manyP99', title: 'claim of one with all ready, p99, ms', digits: 2 },
    { key: 'p99Ratio', title: 'p99 with all ÷ p99 with 1,000', digits: 2, must: { most: 3 } },
    { key: 'smallRate', title: 'drain of 50,000 tasks, only these ready, steps/s', digits: 0 },
    { key: 'largeRate', title: 'drain of the first 50,000 of all, steps/s', digits: 0 },
    { key: 'rateRatio', title: 'drain with all ÷ with 50,000', digits: 2 },
  ],
  async measure(server, { round, quick, size }) {
    const ready = quick ? 3_000 : Math.max(2 * DRAINED, Math.round(READY * size));
    const drained = quick ? 500 : DRAINED;
    const cases = {
      few: () => fill(server, { tasks: FEW_READY, claims: true }),
      small: () => fill(server, { tasks: drained, drained }),
      large: () => fill(server, { tasks: ready, claims: true, drained }),
    };
    const answers = {};
    for (const name of inTurn(Object.keys(cases), round)) answers[name] = await cases[name]();
    const { few, small, large } = answers;
    return {
      ready,
      enqueue: large.enqueue,
      fewP50: few.p50,
      fewP99: few.p99,
      manyP50: large.p50,
      manyP99: large.p99,
      p99Ratio: large.p99 / few.p99,
      smallRate: small.drain,
      largeRate: large.drain,
      rateRatio: large.drain / small.drain,
    };
  },
};

/** Creates a backlog, then claims from it and drains it, each in a process of its own. */
function fill(server, { tasks, claims = false, drained }) {
  return server.withFreshDatabase(async (database) => {
    const askNext = (job) => ask({ file: 'backlog', ...job }, placeOf(server, database));
    return {
      ...(await askNext({ part: 'enqueue', tasks })),
      ...(claims ? await askNext({ part: 'claim' }) : {}),
      ...(drained === undefined ? {} : await askNext({ part: 'drain', tasks: drained })),
      ...(await askNext({ part: 'verify' })),
    };
  });
}

/** In the child. */
export function work(job, meter) {
  const definition = define(WORKLOADS.W4, { identity: 'none' });
  switch (job.part) {
    case 'enqueue':
      return enqueue(job, definition, meter);
    case 'claim':
      return timeClaims(job, definition);
    case 'drain':
      return drain(job, definition, meter);
    default:
      return verify(job);
  }
}

async function enqueue({ url, tasks }, definition, meter) {
  await migrate(url);
  const maker = await startTasker({ database: url, worker: false }, definition);
  const { ms } = await meter.measure(() => enqueueAll(maker, { tasks, connections: 2 }));
  await maker.stop();
  await analyze(url);
  return { enqueue: (tasks / ms) * 1_000 };
}

/** One step after the other, on one connection: each statement claims one step. */
async function timeClaims({ url }, definition) {
  const times = timeStatements(CLAIMING);
  const worker = await startTasker(
    { database: url, worker: { concurrency: 1, flushConnections: 1 } },
    definition,
  );
  await new Promise((resolve) => {
    let completed = 0;
    worker.on('task.completed', () => {
      completed += 1;
      if (completed === CLAIMS) resolve();
    });
  });
  await worker.stop();
  const sorted = times.slice(WARM_UP_CLAIMS).toSorted((one, two) => one - two);
  if (sorted.length < CLAIMS / 2) throw new Error(`only ${sorted.length} claims were seen`);
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1];
  return { p50: at(0.5), p99: at(0.99) };
}

/** The time from sending to answer of each statement of this process whose text has these words, in milliseconds. */
function timeStatements(words) {
  const times = [];
  const original = Reflect.get(pg.Client.prototype, 'query');
  pg.Client.prototype.query = function timedQuery(...args) {
    const answer = Reflect.apply(original, this, args);
    if (!String(args[0]?.text ?? args[0]).includes(words)) return answer;
    const sentAt = performance.now();
    return answer.finally(() => times.push(performance.now() - sentAt));
  };
  return times;
}

async function drain({ url, tasks }, definition, meter) {
  const job = { url, tasks, concurrency: 1_000, connections: 2 };
  const { ms } = await drainAll(job, definition, meter);
  return { drain: (tasks / ms) * 1_000 };
}

async function verify({ url }) {
  const problem = await findViolations(url);
  if (problem !== null) throw new Error(problem);
  return {};
}
