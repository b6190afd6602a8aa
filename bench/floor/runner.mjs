/** Runs one hand-written floor, in the same phases and with the same number of connections and steps in flight as the engine. */
import { analyze, ENQUEUE_BATCH, latencies, pauseBefore, WARM_UP_RUNS } from '../pace.mjs';
import { graphOf, handle } from '../workloads.mjs';
import { connect } from './connection.mjs';
import { leaseModel } from './lease-model.mjs';
import { queueModel } from './queue-model.mjs';

const MODELS = { 'queue-floor': queueModel, 'lease-floor': leaseModel };

/**
 * @param {{ url: string, contender: string, steps: readonly object[], tasks: number, concurrency: number, connections: number,
 *   run?: (name: string, taskId: number) => Promise<object> }} job `run` is what each step does
 * @param {import('../measure.mjs').Meter} meter
 */
export async function runFloorThroughput(job, meter) {
  const model = modelOf(job);
  await createTables(model, job.url);
  const commitsBefore = await meter.commits();
  const connections = await connectAll(job);
  const enqueue = await meter.measure(() => enqueueAll(model, connections, job.tasks));
  await analyze(job.url);
  const batch = Math.ceil(job.concurrency / job.connections);
  const progress = { left: job.tasks, waiting: [] };
  const drain = await meter.measure(() =>
    Promise.all(connections.map((connection) => model.drain(connection, batch, progress))),
  );
  const problem = await findUnfinished(connections[0], job.tasks);
  await closeAll(connections);
  const commits = (await meter.commits()) - commitsBefore;
  return { enqueue, drain, commits, problem };
}

/** One task at a time, handed to this process as it is stored: nothing has to be woken. */
export async function runFloorLatency(job, meter) {
  const model = modelOf(job);
  await createTables(model, job.url);
  const commitsBefore = await meter.commits();
  const [connection] = await connectAll({ ...job, connections: 1 });
  const handled = [];
  const awaited = [];
  const order = async (id) => {
    await pauseBefore(id);
    const sentAt = performance.now();
    const handledAt = await model.handOff(connection, id);
    return { handledMs: handledAt - sentAt, awaitedMs: performance.now() - sentAt };
  };
  for (let id = 1; id <= WARM_UP_RUNS; id += 1) await order(id);
  const cost = await meter.measure(async () => {
    for (let id = 1; id <= job.tasks; id += 1) {
      const { handledMs, awaitedMs } = await order(WARM_UP_RUNS + id);
      handled.push(handledMs);
      awaited.push(awaitedMs);
    }
  });
  const problem = await findUnfinished(connection, WARM_UP_RUNS + job.tasks);
  await connection.close();
  const commits = (await meter.commits()) - commitsBefore;
  return { ...latencies(handled, awaited), cost, commits, problem };
}

function modelOf({ contender, steps, run = handle }) {
  return MODELS[contender](graphOf(steps), run);
}

async function createTables(model, url) {
  const connection = await connect(url);
  await connection.run(model.tables);
  await connection.close();
}

function connectAll({ url, connections }) {
  return Promise.all(Array.from({ length: connections }, () => connect(url)));
}

function closeAll(connections) {
  return Promise.all(connections.map((connection) => connection.close()));
}

async function enqueueAll(model, connections, tasks) {
  let next = 1;
  await Promise.all(
    connections.map(async (connection) => {
      while (next <= tasks) {
        const from = next;
        next += ENQUEUE_BATCH;
        await model.enqueue(connection, from, Math.min(ENQUEUE_BATCH, tasks - from + 1));
      }
    }),
  );
}

async function findUnfinished(connection, tasks) {
  const [{ complete }] = await connection.run(
    'select count(*)::int as complete from task where status = 2',
  );
  return complete === tasks ? null : `only ${complete} of ${tasks} tasks are complete`;
}
