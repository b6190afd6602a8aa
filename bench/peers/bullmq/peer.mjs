/**
 * BullMQ, on a Redis of its own or on PostgreSQL. A job has at most one dependent (its parent, in BullMQ's words), so a graph that is
 * a tree is one native flow, whose root is the last step; where the first step has several dependents, its handler adds the rest as a
 * flow. A job with children reads their results.
 */
import {
  createPostgresBackend,
  FlowProducer,
  Queue,
  QueueEvents,
  runMigrations,
  Worker,
} from 'bullmq';
import pg from 'pg';
import { contextOf } from '../../workloads.mjs';
import { createBatches, until } from '../creating.mjs';
import { startRedis } from '../redis.mjs';

const QUEUE = 'bench';
const CONNECTIONS = 20;
const ADD_BATCH = 200;

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ url, steps, kind, concurrency, fsync, run }) {
  const place = fsync === undefined ? await inPostgres(url) : await inRedis(fsync);
  const { options, backend } = place;
  const queue = new Queue(QUEUE, options, ...backend);
  const flows = new FlowProducer(options, ...backend);
  const events = kind === 'latency' ? new QueueEvents(QUEUE, options, ...backend) : null;
  await events?.waitUntilReady();
  const { flowOf, startsFlow, readsChildren } = plan(steps);
  const handleJob = async (job) => {
    const number = job.data.cart_id;
    const parents = readsChildren(job.name)
      ? Object.values(await job.getChildrenValues())
      : undefined;
    const result = await run(job.name, number, parents);
    if (startsFlow(job.name)) await flows.add(flowOf(number));
    return result;
  };
  const worker = new Worker(
    QUEUE,
    handleJob,
    { ...options, concurrency, autorun: false },
    ...backend,
  );
  worker.on('error', (error) => console.error(error.message));
  await worker.waitUntilReady();
  const startsAlone = steps.length === 1 || startsFlow(steps[0].name);
  const first = (number) => ({ name: steps[0].name, data: contextOf(number) });
  return {
    serverPid: place.pid,
    create: (count) =>
      createBatches(count, ADD_BATCH, (numbers) =>
        startsAlone ? queue.addBulk(numbers.map(first)) : flows.addBulk(numbers.map(flowOf)),
      ),
    work: async () => {
      worker.run().catch((error) => console.error(error));
    },
    settled: (count) =>
      until(async () => (await queue.getCompletedCount()) >= count * steps.length),
    submit: async (number) => {
      const { job } = await flows.add(flowOf(number));
      await job.waitUntilFinished(events);
      return true;
    },
    close: async () => {
      await events?.close();
      await worker.close();
      await queue.close();
      await flows.close();
      await place.dispose();
    },
  };
}

async function inRedis(fsync) {
  const { port, pid, dispose } = await startRedis(fsync);
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  return { options: { connection }, backend: [], pid, dispose };
}

async function inPostgres(url) {
  const pool = new pg.Pool({ connectionString: url });
  const client = await pool.connect();
  await runMigrations(client);
  client.release();
  await pool.end();
  const connection = { connectionString: url, max: CONNECTIONS };
  return {
    options: { connection },
    backend: [createPostgresBackend],
    pid: null,
    dispose: async () => {},
  };
}

/** How a graph becomes flows. Where the first step starts the rest, its dependents do not get its result from BullMQ. */
function plan(steps) {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const first = steps[0].name;
  const isShared = steps.filter(({ parents }) => parents.includes(first)).length > 1;
  const childrenOf = (name) =>
    isShared
      ? byName.get(name).parents.filter((parent) => parent !== first)
      : byName.get(name).parents;
  const node = (name, number) => {
    const children = childrenOf(name).map((child) => node(child, number));
    const job = { name, queueName: QUEUE, data: contextOf(number) };
    return children.length === 0 ? job : { ...job, children };
  };
  return {
    flowOf: (number) => node(steps.at(-1).name, number),
    startsFlow: (name) => isShared && name === first,
    readsChildren: (name) => childrenOf(name).length > 0,
  };
}
