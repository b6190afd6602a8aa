/**
 * Who takes part, with the settings that served each best when several were tried on W1, and how much of it a run measures: slow
 * contenders get fewer tasks, so that a run of everything takes minutes.
 */
import { SHAPES } from '../workloads.mjs';

const BATCHES = 'a queue of single jobs: it has no steps that depend on others';
const ONE_DEPENDENT =
  'a BullMQ job has one dependent at most; only the first job of a task can add others by itself';
const AWAITS_NOTHING = 'compared on W5 alone';
const ONLY_W5 = skipAllBut(['W5'], AWAITS_NOTHING);

/**
 * @typedef {object} Contender
 * @property {string} title
 * @property {string | null} peer its folder here; null for this engine and the floors
 * @property {'postgres' | 'redis' | 'own'} store where its state is
 * @property {number} concurrency steps (or tasks, where a worker holds whole tasks) in flight
 * @property {number} steps about how many a throughput run has
 * @property {Readonly<Record<string, number>>} [tasks] by workload, instead
 * @property {number} orders of a latency run
 * @property {boolean} [needsNode22]
 * @property {'everysec' | 'always'} [fsync] of Redis
 * @property {string} [variant] read by its adapter
 * @property {Readonly<Record<string, string>>} [skip] workloads that it does not run, with the reason
 */

/** @type {Readonly<Record<string, Contender>>} */
export const CONTENDERS = {
  ours: {
    title: 'Tasker',
    peer: null,
    store: 'postgres',
    concurrency: 1000,
    steps: 40_000,
    orders: 60,
  },
  'queue-floor': {
    title: 'floor, same data model',
    peer: null,
    store: 'postgres',
    concurrency: 1000,
    steps: 60_000,
    orders: 60,
  },
  'lease-floor': {
    title: 'floor, task leases',
    peer: null,
    store: 'postgres',
    concurrency: 1000,
    steps: 60_000,
    orders: 60,
  },
  dbos: {
    title: 'DBOS Transact, queue',
    peer: 'dbos',
    store: 'postgres',
    concurrency: 50,
    steps: 2_000,
    tasks: { W4: 700 },
    orders: 40,
    variant: 'queue',
  },
  'dbos-direct': {
    title: 'DBOS Transact, direct',
    peer: 'dbos',
    store: 'postgres',
    concurrency: 20,
    steps: 2_000,
    orders: 60,
    variant: 'direct',
    skip: ONLY_W5,
  },
  openworkflow: {
    title: 'OpenWorkflow',
    peer: 'openworkflow',
    store: 'postgres',
    concurrency: 50,
    steps: 3_000,
    tasks: { W4: 700 },
    orders: 6,
  },
  'pg-boss': {
    title: 'pg-boss flows',
    peer: 'pg-boss',
    store: 'postgres',
    concurrency: 1,
    steps: 6_000,
    tasks: { W1: 10_000, W4: 20_000 }, // the larger its backlog, the faster it is
    orders: 2,
    needsNode22: true,
  },
  graphile: {
    title: 'Graphile Worker',
    peer: 'graphile-worker',
    store: 'postgres',
    concurrency: 24,
    steps: 4_000,
    orders: 0,
    needsNode22: true,
    variant: 'plain',
    skip: skipAllBut(['W4'], BATCHES),
  },
  'graphile-batch': {
    title: 'Graphile Worker, local queue and batches',
    peer: 'graphile-worker',
    store: 'postgres',
    concurrency: 48,
    steps: 20_000,
    orders: 0,
    needsNode22: true,
    variant: 'batch',
    skip: skipAllBut(['W4'], BATCHES),
  },
  'bullmq-redis': {
    title: 'BullMQ, Redis synced each second',
    peer: 'bullmq',
    store: 'redis',
    concurrency: 200,
    steps: 8_000,
    orders: 60,
    fsync: 'everysec',
    skip: { 'complex-7': ONE_DEPENDENT, 'tree-8': ONE_DEPENDENT },
  },
  'bullmq-redis-always': {
    title: 'BullMQ, Redis synced always',
    peer: 'bullmq',
    store: 'redis',
    concurrency: 200,
    steps: 8_000,
    orders: 60,
    fsync: 'always',
    skip: { 'complex-7': ONE_DEPENDENT, 'tree-8': ONE_DEPENDENT },
  },
  'bullmq-postgres': {
    title: 'BullMQ on PostgreSQL',
    peer: 'bullmq',
    store: 'postgres',
    concurrency: 20,
    steps: 2_000,
    orders: 40,
    skip: { 'complex-7': ONE_DEPENDENT, 'tree-8': ONE_DEPENDENT },
  },
  restate: {
    title: 'Restate',
    peer: 'restate',
    store: 'own',
    concurrency: 400,
    steps: 4_000,
    tasks: { W4: 1_500 },
    orders: 60,
    needsNode22: true,
  },
};

/** @returns {string | null} why a contender does not run a workload */
export function reasonToSkip(name, workload) {
  const { skip = {} } = CONTENDERS[name];
  return skip[workload] ?? null;
}

/** How many tasks a run has. */
export function tasksOf(name, { workload, kind, size }) {
  const { steps, orders, tasks = {} } = CONTENDERS[name];
  if (kind === 'latency') return orders;
  const share = workload in SHAPES ? steps / 2 : steps; // there are four of them
  return tasks[workload] ?? Math.max(1, Math.round(share / size));
}

function skipAllBut(kept, reason) {
  const all = ['W1', 'W2', 'W3', 'W4', 'W5', 'linear-4', 'diamond-4', 'complex-7', 'tree-8'];
  return Object.fromEntries(all.flatMap((name) => (kept.includes(name) ? [] : [[name, reason]])));
}
