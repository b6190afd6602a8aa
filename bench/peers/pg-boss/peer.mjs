/**
 * pg-boss: a plain queue with batches for single steps, its `flow()` for graphs. It passes no results on to dependents. What makes
 * dependents ready is a resolver that runs every 5 s by default; under load it is called in a loop here, which served it best. On an
 * idle system it runs by its own timer, of one second, the least that can be set.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { contextOf } from '../../workloads.mjs';
import { createBatches, createEach, untilCounted } from '../creating.mjs';

const QUEUE = 'bench';
const BATCH = 500;
const INSERT_BATCH = 1000;
const SENDERS = 20;
const RESOLVE_EVERY_MS = 20;
const COMPLETE = `select count(*) from pgboss.job where state = 'completed'`;

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ url, steps, kind, concurrency, run }) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const boss = new PgBoss({
    connectionString: url,
    max: 20,
    schedule: false,
    flowIntervalSeconds: 1,
  });
  boss.on('error', (error) => console.error(error.message));
  await boss.start();
  await boss.createQueue(QUEUE); // without NOTIFY: jobs that a flow makes ready send none, and workers would then poll rarely
  const isPlain = steps.length === 1;
  const dataOf = (step, number) => ({ step, ...contextOf(number) });
  const flow = (number) =>
    boss.flow(
      steps.map(({ name, parents }) => ({
        ref: name,
        name: QUEUE,
        data: dataOf(name, number),
        dependsOn: parents,
      })),
    );
  const insert = (numbers) =>
    boss.insert(
      QUEUE,
      numbers.map((number) => ({ data: dataOf(steps[0].name, number) })),
    );
  const resolving = resolveInLoop(boss);
  return {
    serverPid: null,
    create: (count) =>
      isPlain ? createBatches(count, INSERT_BATCH, insert) : createEach(count, SENDERS, flow),
    work: async () => {
      await boss.work(QUEUE, workOptions(concurrency), (jobs) => Promise.all(jobs.map(handleJob)));
      if (!isPlain && kind === 'throughput') resolving.start();
    },
    settled: (count) => untilCounted(pool, COMPLETE, count * steps.length),
    submit: async (number) => {
      await flow(number);
      return false;
    },
    close: async () => {
      await resolving.stop();
      await boss.stop({ graceful: false, close: true });
      await pool.end();
    },
  };

  async function handleJob({ id, data }) {
    return { id, status: 'completed', output: await run(data.step, data.cart_id) };
  }
}

function workOptions(concurrency) {
  return {
    batchSize: BATCH,
    localConcurrency: concurrency,
    pollingIntervalSeconds: 0.5,
    burstWhenBatchFull: true,
    perJobResults: true,
  };
}

function resolveInLoop(boss) {
  let running = false;
  let ended = Promise.resolve();
  const loop = async () => {
    while (running) {
      await boss.resolveFlow();
      await delay(RESOLVE_EVERY_MS);
    }
  };
  return {
    start: () => {
      running = true;
      ended = loop();
    },
    stop: () => {
      running = false;
      return ended;
    },
  };
}
