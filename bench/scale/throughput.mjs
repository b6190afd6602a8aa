/** Creates and drains tasks of one shape as `npm run bench` does; what other questions compare with. */
import { runOurThroughput } from '../ours.mjs';
import { throughputMeasures } from '../results.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { askFresh } from './fresh.mjs';

const HABITS = { file: 'throughput', contender: 'ours', concurrency: 1_000, connections: 2 };

/** The order of five steps, `tasks` of them. */
export function orders(tasks) {
  return { ...HABITS, steps: WORKLOADS.W1.steps, tasks };
}

/** Tasks of a shape of one's own. */
export function tasksOf(steps, { tasks, batch }) {
  return { ...HABITS, steps, tasks, batch };
}

/** @returns the measures of `npm run bench` (see results.mjs) */
export function throughput(server, job) {
  return askFresh(server, job);
}

/** In the child. */
export async function work(job, meter) {
  const measured = await runOurThroughput(job, meter);
  if (measured.problem !== null) throw new Error(measured.problem);
  return throughputMeasures(measured, { tasks: job.tasks, steps: job.tasks * job.steps.length });
}

/** What a step costs, to create and to run: processor time of Node.js and PostgreSQL, and time. Microseconds. */
export function costOf({ nodeUs, postgresUs, total }) {
  return { cpu: postgresUs === null ? null : nodeUs + postgresUs, time: 1e6 / total };
}

/** How many times as much a step costs as one of `base`. */
export function timesAsMuch(base, other) {
  const cpu = base.cpu === null || other.cpu === null ? null : other.cpu / base.cpu;
  return { cpu, time: other.time / base.time };
}
