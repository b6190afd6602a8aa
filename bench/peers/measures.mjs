/** Turns what runs cost into the measures that are compared. A peer that keeps nothing in PostgreSQL has no such costs there. */

const CPU = [
  { key: 'nodeUs', title: 'CPU of node, µs/step', digits: 0 },
  { key: 'postgresUs', title: 'of PostgreSQL', digits: 0 },
  { key: 'serverUs', title: 'of another server', digits: 0 },
];
const POSTGRES = [
  { key: 'statements', title: 'statements/step', digits: 3 },
  { key: 'commits', title: 'commits/step', digits: 3 },
  { key: 'walBytes', title: 'WAL B/step', digits: 0 },
];

/** The columns of a workload's table. `compared` ones also have the ratio of ours. */
export const COLUMNS = {
  throughput: [
    { key: 'create', title: 'create, tasks/s', digits: 0 },
    { key: 'drain', title: 'drain, steps/s', digits: 0, compared: true },
    { key: 'total', title: 'create + drain, steps/s', digits: 0, compared: true },
    ...POSTGRES,
    ...CPU,
  ],
  latency: [
    { key: 'handledP50', title: 'last handler, p50, ms', digits: 1, compared: true },
    { key: 'handledP95', title: 'p95', digits: 1 },
    { key: 'awaitedP50', title: 'end known, p50, ms', digits: 1, compared: true },
    { key: 'awaitedP95', title: 'p95', digits: 1 },
    ...POSTGRES,
    ...CPU,
  ],
};

/**
 * @param {{ enqueue: object, drain: object | null, commits: number }} measured `drain: null`: tasks ran while they were created, so
 *   that only both together have a rate
 * @param {{ tasks: number, stepsPerTask: number, store: string }} size
 */
export function throughputMeasures({ enqueue, drain, commits }, { tasks, stepsPerTask, store }) {
  const steps = tasks * stepsPerTask;
  const costs = drain === null ? [enqueue] : [enqueue, drain];
  const both = Object.fromEntries(
    ['ms', 'statements', 'walBytes', 'nodeUs', 'postgresUs', 'serverUs'].map((key) => [
      key,
      sum(costs.map((cost) => cost[key] ?? null)),
    ]),
  );
  return {
    create: drain === null ? null : perSecond(tasks, enqueue.ms),
    drain: drain === null ? null : perSecond(steps, drain.ms),
    total: perSecond(steps, both.ms),
    ...costsOf(both, { steps, store }),
    commits: store === 'postgres' ? commits / steps : null,
  };
}

/**
 * @param {{ handled: object, awaited: object, cost: object, commits: number }} measured
 * @param {{ tasks: number, stepsPerTask: number, warmUps: number, store: string }} size commits are known for the whole run only
 */
export function latencyMeasures({ handled, awaited, cost, commits }, size) {
  const { tasks, stepsPerTask, warmUps, store } = size;
  return {
    handledP50: handled.p50,
    handledP95: handled.p95,
    awaitedP50: awaited.p50 ?? null,
    awaitedP95: awaited.p95 ?? null,
    ...costsOf(cost, { steps: tasks * stepsPerTask, store }),
    commits: store === 'postgres' ? commits / ((tasks + warmUps) * stepsPerTask) : null,
  };
}

function costsOf(cost, { steps, store }) {
  const perStep = (key) => ((cost[key] ?? null) === null ? null : cost[key] / steps);
  const inPostgres = (key) => (store === 'postgres' ? perStep(key) : null);
  return {
    statements: inPostgres('statements'),
    walBytes: inPostgres('walBytes'),
    nodeUs: perStep('nodeUs'),
    postgresUs: inPostgres('postgresUs'),
    serverUs: perStep('serverUs'),
  };
}

function sum(values) {
  return values.includes(null) ? null : values.reduce((total, value) => total + value, 0);
}

function perSecond(count, ms) {
  return (count / ms) * 1000;
}
