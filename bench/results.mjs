/** Turns what runs cost into the measures that are compared, and says how each is shown. */
import { WARM_UP_RUNS } from './pace.mjs';

/** Per step means: of enqueuing and draining together, over all steps of all tasks. */
const PER_STEP = [
  { key: 'statements', title: 'statements per step', digits: 4 },
  { key: 'commits', title: 'commits per step', digits: 4 },
  { key: 'walBytes', title: 'WAL bytes per step', digits: 0 },
  { key: 'nodeUs', title: 'CPU of node, µs per step', digits: 1 },
  { key: 'postgresUs', title: 'CPU of PostgreSQL, µs per step', digits: 1 },
];

/** The rows of a workload in the table; the first one is its headline. */
export const MEASURES = {
  throughput: [
    { key: 'drain', title: 'drain, steps/s', digits: 0 },
    { key: 'total', title: 'enqueue + drain, steps/s', digits: 0 },
    { key: 'enqueue', title: 'enqueue, tasks/s', digits: 0 },
    { key: 'enqueueIdentity', title: 'enqueue with the default identity, tasks/s', digits: 0 },
    ...PER_STEP,
  ],
  latency: [
    { key: 'awaitedP50', title: 'end known, p50, ms', digits: 2 },
    { key: 'awaitedP95', title: 'end known, p95, ms', digits: 2 },
    { key: 'awaitedP99', title: 'end known, p99, ms', digits: 2 },
    { key: 'handledP50', title: 'last handler finished, p50, ms', digits: 2 },
    { key: 'handledP95', title: 'last handler finished, p95, ms', digits: 2 },
    { key: 'handledP99', title: 'last handler finished, p99, ms', digits: 2 },
    ...PER_STEP,
  ],
};

/**
 * @param {{ enqueue: Cost, drain: Cost | null, commits: number }} measured `drain: null` when the run only enqueued
 * @param {{ tasks: number, steps: number }} size
 * @typedef {import('./measure.mjs').Cost} Cost
 */
export function throughputMeasures({ enqueue, drain, commits }, { tasks, steps }) {
  const enqueued = perSecond(tasks, enqueue.ms);
  if (drain === null) return { enqueueIdentity: enqueued };
  const both = (key) => (enqueue[key] === null ? null : (enqueue[key] + drain[key]) / steps);
  return {
    drain: perSecond(steps, drain.ms),
    total: perSecond(steps, enqueue.ms + drain.ms),
    enqueue: enqueued,
    statements: both('statements'),
    commits: commits / steps,
    walBytes: both('walBytes'),
    nodeUs: both('nodeUs'),
    postgresUs: both('postgresUs'),
  };
}

/** @param {{ handled: object, awaited: object, cost: import('./measure.mjs').Cost, commits: number }} measured */
export function latencyMeasures({ handled, awaited, cost, commits }, { tasks, steps }) {
  const perStep = (key) => (cost[key] === null ? null : cost[key] / steps);
  return {
    awaitedP50: awaited.p50,
    awaitedP95: awaited.p95,
    awaitedP99: awaited.p99,
    handledP50: handled.p50,
    handledP95: handled.p95,
    handledP99: handled.p99,
    statements: perStep('statements'),
    commits: commits / ((steps / tasks) * (tasks + WARM_UP_RUNS)), // commits are known for the whole run only
    walBytes: perStep('walBytes'),
    nodeUs: perStep('nodeUs'),
    postgresUs: perStep('postgresUs'),
  };
}

function perSecond(count, ms) {
  return (count / ms) * 1000;
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = values.toSorted((one, two) => one - two);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}
