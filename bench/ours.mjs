/** Runs this engine as a host would: through the package's public door, with the Tasker that creates apart from the one that works. */
import { createTasker, defineTask } from 'tasker-engine';
import { analyze, ENQUEUE_BATCH, latencies, pauseBefore, WARM_UP_RUNS } from './pace.mjs';
import { contextOf, handle } from './workloads.mjs';

/** The name of what is created. */
export const TASK = 'bench';

/** Problems are part of a run's answer; what is merely worth knowing is not shown. */
const LOGGER = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error('warning:', message, fields),
  error: (fields, message) => console.error('error:', message, fields),
};

/**
 * @param {{ url: string, contender: 'ours' | 'ours-identity', steps: readonly object[], tasks: number, concurrency: number,
 *   connections: number, run?: (name: string, given: object) => Promise<object>, batch?: number, sinceTaskId?: number }} job
 *   `ours-identity` only enqueues, with the identity that a definition has by default; `run` is what each step does, with what the
 *   engine gives a handler; `batch` tasks are sent at once; the laws are checked over the tasks after `sinceTaskId`, by default all
 * @param {import('./measure.mjs').Meter} meter
 */
export async function runOurThroughput(job, meter) {
  const enqueueOnly = job.contender === 'ours-identity';
  const definition = define(job, { identity: enqueueOnly ? undefined : 'none' });
  await migrate(job.url);
  const commitsBefore = await meter.commits();
  const maker = await startTasker({ database: job.url, worker: false }, definition);
  const enqueue = await meter.measure(() => enqueueAll(maker, job));
  await maker.stop();
  await analyze(job.url);
  const drain = enqueueOnly ? null : await drainAll(job, definition, meter);
  const commits = (await meter.commits()) - commitsBefore;
  const problem = await findViolations(job.url, job.sinceTaskId);
  return { enqueue, drain, commits, problem };
}

/** One order at a time, created by the process that works. */
export async function runOurLatency(job, meter) {
  let handledAt = 0;
  const last = job.steps.at(-1).name;
  const definition = define(job, {
    identity: 'none',
    onHandled: (name) => {
      if (name === last) handledAt = performance.now();
    },
  });
  await migrate(job.url);
  const commitsBefore = await meter.commits();
  const tasker = await startTasker({ database: job.url, worker: {} }, definition);
  const handled = [];
  const awaited = [];
  const order = async (number) => {
    await pauseBefore(number);
    const sentAt = performance.now();
    const { taskId } = await tasker.create(TASK, requestOf(number));
    const task = await tasker.waitFor(taskId);
    const awaitedMs = performance.now() - sentAt;
    if (task.status !== 'complete') throw new Error(`task ${taskId} is ${task.status}`);
    return { handledMs: handledAt - sentAt, awaitedMs };
  };
  for (let number = 1; number <= WARM_UP_RUNS; number += 1) await order(number);
  const cost = await meter.measure(async () => {
    for (let number = 1; number <= job.tasks; number += 1) {
      const { handledMs, awaitedMs } = await order(WARM_UP_RUNS + number);
      handled.push(handledMs);
      awaited.push(awaitedMs);
    }
  });
  await tasker.stop();
  const commits = (await meter.commits()) - commitsBefore;
  return { ...latencies(handled, awaited), cost, commits, problem: await findViolations(job.url) };
}

/** The task of these steps; each does `run`. */
export function define({ steps, run = handle }, { identity, onHandled = () => {} }) {
  return defineTask({ name: TASK, ...(identity === undefined ? {} : { identity }) }, (task) => {
    const made = {};
    for (const { name, parents } of steps) {
      const dependsOn = Object.fromEntries(parents.map((parent) => [parent, made[parent]]));
      made[name] = task.step(name, { dependsOn }, async (given) => {
        const result = await run(name, given);
        onHandled(name);
        return result;
      });
    }
  });
}

/** A started Tasker that says only what is wrong. */
export async function startTasker(options, definition) {
  const tasker = createTasker({ ...options, logger: LOGGER });
  if (definition !== undefined) await tasker.register(definition);
  await tasker.start();
  return tasker;
}

export async function migrate(url) {
  const tasker = createTasker({ database: url, worker: false, logger: LOGGER });
  await tasker.migrate();
}

/** The order with this number, as `create` takes it. */
export function requestOf(number) {
  return {
    context: contextOf(number),
    initiator: 'bench',
    reason: 'measure',
    sourceSystem: 'bench',
  };
}

/** Creates `job.tasks` tasks, in batches over several connections. */
export async function enqueueAll(maker, { tasks, connections, batch = ENQUEUE_BATCH }) {
  let next = 1;
  const senders = Array.from({ length: connections }, async () => {
    while (next <= tasks) {
      const from = next;
      next += batch;
      const length = Math.min(batch, tasks - from + 1);
      const requests = Array.from({ length }, (_, index) => requestOf(from + index));
      await maker.createMany(TASK, requests);
    }
  });
  await Promise.all(senders);
}

/** Works in this process until `job.tasks` tasks are complete, and says what that cost, with starting the worker. */
export async function drainAll(job, definition, meter) {
  const worker = createTasker({
    database: job.url,
    worker: { concurrency: job.concurrency, flushConnections: job.connections },
    logger: LOGGER,
  });
  await worker.register(definition);
  const drained = new Promise((resolve, reject) => {
    let left = job.tasks;
    worker.on('task.completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
    worker.on('task.failed', ({ taskId }) => reject(new Error(`task ${taskId} failed`)));
  });
  const cost = await meter.measure(async () => {
    await worker.start();
    await drained;
  });
  await worker.stop();
  return cost;
}

/** The engine's own laws over everything that was stored, or stored after a task; null when all hold. */
export async function findViolations(url, sinceTaskId) {
  await analyze(url); // since the last time every step has changed: the laws' queries would be planned for other data
  const tasker = await startTasker({ database: url, worker: false });
  const violations = await tasker.verify(sinceTaskId === undefined ? {} : { sinceTaskId });
  await tasker.stop();
  if (violations.length === 0) return null;
  return violations
    .map(({ invariant, title, count }) => `${invariant} (${title}): ${count}`)
    .join('; ');
}
