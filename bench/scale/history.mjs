/** Whether creating and draining get slower beside ten million finished steps, and what a stored step takes of the disk. */
import { inTurn } from '../rounds.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { copyTask } from './copies.mjs';
import { ask, placeOf } from './fresh.mjs';
import { sizesOf } from './tables.mjs';
import { costOf, orders, throughput, timesAsMuch } from './throughput.mjs';

const STORED_TASKS = 2_000_000;
const RUN_FIRST = 5_000;

/** With more tasks than this only the laws of the new ones are checked: all of them would take minutes. */
const MOST_CHECKED = 200_000;

const MEGABYTE = 1024 ** 2;

export const history = {
  title: 'ten million finished steps',
  rounds: 1,
  rows: [
    { key: 'steps', title: 'finished steps stored (orders of 5)', digits: 0 },
    { key: 'loadSeconds', title: 'time to load them, with indexes, s', digits: 0 },
    { key: 'emptyEnqueue', title: 'empty: create, tasks/s', digits: 0 },
    { key: 'fullEnqueue', title: 'beside them: create, tasks/s', digits: 0 },
    { key: 'emptyDrain', title: 'empty: drain, steps/s', digits: 0 },
    { key: 'fullDrain', title: 'beside them: drain, steps/s', digits: 0 },
    { key: 'timeRatio', title: 'time per step, beside them ÷ empty', digits: 2 },
    { key: 'cpuRatio', title: 'CPU per step, beside them ÷ empty', digits: 2 },
    { key: 'walRatio', title: 'WAL per step, beside them ÷ empty', digits: 2 },
    { key: 'tasksMb', title: 'tasks: table, MB', digits: 0 },
    { key: 'tasksIndexMb', title: 'tasks: indexes, MB', digits: 0 },
    { key: 'stepsMb', title: 'workflow_steps: table, MB', digits: 0 },
    { key: 'stepsIndexMb', title: 'workflow_steps: index, MB', digits: 0 },
    { key: 'bytesPerStep', title: 'all together, bytes per step', digits: 0 },
  ],
  async measure(server, { round, quick, size }) {
    const job = orders(quick ? 200 : 20_000);
    const stored = quick ? 1_000 : Math.round(STORED_TASKS * size);
    const cases = {
      empty: () => throughput(server, job),
      full: () => besideHistory(server, job, stored),
    };
    const answers = {};
    for (const name of inTurn(Object.keys(cases), round)) answers[name] = await cases[name]();
    const { empty, full } = answers;
    const ratio = timesAsMuch(costOf(empty), costOf(full));
    const steps = stored * WORKLOADS.W1.steps.length;
    const { tasks, workflow_steps: own } = full.sizes;
    return {
      steps,
      loadSeconds: full.loadSeconds,
      emptyEnqueue: empty.enqueue,
      fullEnqueue: full.enqueue,
      emptyDrain: empty.drain,
      fullDrain: full.drain,
      timeRatio: ratio.time,
      cpuRatio: ratio.cpu,
      walRatio: full.walBytes / empty.walBytes,
      tasksMb: tasks.table / MEGABYTE,
      tasksIndexMb: tasks.indexes / MEGABYTE,
      stepsMb: own.table / MEGABYTE,
      stepsIndexMb: own.indexes / MEGABYTE,
      bytesPerStep: (tasks.table + tasks.indexes + own.table + own.indexes) / steps,
    };
  },
};

/** Some tasks are run, and one of them is copied; then as many as on the empty database are created and drained. */
function besideHistory(server, job, stored) {
  return server.withFreshDatabase(async (database) => {
    const place = placeOf(server, database);
    const run = Math.min(RUN_FIRST, stored / 2);
    await ask({ ...job, tasks: run }, place);
    const startedAt = performance.now();
    await copyTask(database.url, { from: 1, tasks: stored - run });
    const loadSeconds = (performance.now() - startedAt) / 1_000;
    const sizes = await sizesOf(database.url);
    const checksAll = stored <= MOST_CHECKED;
    const measures = await ask(
      { ...job, ...(checksAll ? {} : { sinceTaskId: stored + 1 }) },
      place,
    );
    return { ...measures, loadSeconds, sizes };
  });
}
