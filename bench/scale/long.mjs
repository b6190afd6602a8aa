/** A task of 10,000 steps: how long it takes to create, and what a step costs against a step of the order. */
import { define, findViolations, migrate, requestOf, startTasker, TASK } from '../ours.mjs';
import { median } from '../results.mjs';
import { inTurn } from '../rounds.mjs';
import { askFresh } from './fresh.mjs';
import { layers } from './shapes.mjs';
import { costOf, orders, tasksOf, throughput, timesAsMuch } from './throughput.mjs';

const CREATED = 10;
const ALONE = 5;

export const long = {
  title: 'a task of 10,000 steps',
  rounds: 3,
  rows: [
    {
      key: 'createFirst',
      title: 'create the first one, with its definition, ms',
      digits: 0,
      must: { most: 500 },
    },
    { key: 'create', title: 'create another one, ms', digits: 0, must: { most: 500 } },
    { key: 'cancel', title: 'cancel one, ms', digits: 0 },
    { key: 'firstRun', title: 'the first one in a new worker, alone, ms', digits: 0 },
    { key: 'run', title: 'another one, alone, ms', digits: 0 },
    {
      key: 'aloneCpu',
      title: 'alone: CPU per step ÷ order',
      digits: 2,
      must: { most: 1.5 },
    },
    { key: 'aloneTime', title: 'alone: time per step ÷ order', digits: 2 },
    { key: 'manyCpu', title: 'ten at once: CPU per step ÷ order', digits: 2, must: { most: 1.5 } },
    {
      key: 'manyTime',
      title: 'ten at once: time per step ÷ order',
      digits: 2,
      must: { most: 1.5 },
    },
  ],
  async measure(server, { round, quick }) {
    const steps = quick ? layers(10, 20) : layers(100, 100);
    const askers = {
      order: () => throughput(server, orders(quick ? 200 : 20_000)),
      many: () => throughput(server, tasksOf(steps, { tasks: quick ? 2 : 10, batch: 2 })),
      alone: () => askFresh(server, { file: 'long', steps }),
    };
    const answers = {};
    for (const name of inTurn(Object.keys(askers), round)) answers[name] = await askers[name]();
    const { alone } = answers;
    const order = costOf(answers.order);
    const many = timesAsMuch(order, costOf(answers.many));
    const single = timesAsMuch(order, costOf(alone));
    return {
      createFirst: alone.createFirst,
      create: alone.create,
      cancel: alone.cancel,
      firstRun: alone.firstRun,
      run: alone.run,
      aloneCpu: single.cpu,
      aloneTime: single.time,
      manyCpu: many.cpu,
      manyTime: many.time,
    };
  },
};

/** In the child: creates some, then runs one after the other. */
export async function work({ url, steps }, meter) {
  const definition = define({ steps }, { identity: 'none' });
  await migrate(url);
  const maker = await startTasker({ database: url, worker: false }, definition);
  const creates = [];
  for (let number = 1; number <= CREATED; number += 1) {
    const startedAt = performance.now();
    await maker.create(TASK, requestOf(number));
    creates.push(performance.now() - startedAt);
  }
  const cancels = [];
  for (const { taskId } of (await maker.tasks({ limit: CREATED })).tasks) {
    const startedAt = performance.now();
    await maker.cancelTask(taskId, { actor: 'bench', reason: 'only its creation counts' });
    cancels.push(performance.now() - startedAt);
  }
  await maker.stop();
  const worker = await startTasker({ database: url, worker: { concurrency: 1_000 } }, definition);
  const runs = [];
  const order = async (number) => {
    const startedAt = performance.now();
    const { taskId } = await worker.create(TASK, requestOf(number));
    const createdAt = performance.now();
    const { status } = await worker.waitFor(taskId, { timeout: '2m' });
    if (status !== 'complete') throw new Error(`task ${taskId} is ${status}`);
    runs.push(performance.now() - createdAt);
    return createdAt - startedAt;
  };
  await order(CREATED + 1);
  const cost = await meter.measure(async () => {
    for (let number = 1; number <= ALONE; number += 1)
      creates.push(await order(CREATED + 1 + number));
  });
  await worker.stop();
  const problem = await findViolations(url);
  if (problem !== null) throw new Error(problem);
  const [createFirst, ...others] = creates;
  const [firstRun, ...otherRuns] = runs;
  const stepsRun = ALONE * steps.length;
  return {
    createFirst,
    create: median(others),
    cancel: median(cancels),
    firstRun,
    run: median(otherRuns),
    nodeUs: cost.nodeUs / stepsRun,
    postgresUs: cost.postgresUs === null ? null : cost.postgresUs / stepsRun,
    total: (stepsRun / cost.ms) * 1_000,
  };
}
