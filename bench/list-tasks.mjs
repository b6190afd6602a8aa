/**
 * Measures lists and counts over many stored tasks: every filter in both orders, alone and combined, through the package's public door.
 * See README.md; what the figures mean is told in docs/performance.md.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createTasker } from 'tasker-engine';
import { fillTasks } from './list-data.mjs';
import { describeMachine, machineFacts } from './machine.mjs';
import { openServer } from './server.mjs';

const DAY_MS = 86_400_000;
const LOGGER = {
  debug() {},
  info() {},
  warn() {},
  error: (fields, message) => console.error(message, fields),
};

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '200' },
    quick: { type: 'boolean', default: false },
  },
});
const TASKS = options.quick ? 5_000 : Number(options.tasks);
const RUNS = options.quick ? 3 : Number(options.runs);

/**
 * Name, filter, order. Values are called by how often they are met: see list-data.mjs.
 * @returns {[string, import('tasker-engine').TaskListRequest][]}
 */
function cases(now) {
  const range = {
    createdFrom: new Date(now - 40 * DAY_MS),
    createdTo: new Date(now - 39 * DAY_MS),
  };
  const byRequest = { sortBy: 'requested_at' };
  return [
    ['no filter', {}],
    ['no filter, by request', byRequest],
    ['no filter, offset 5,000', { offset: 5_000 }],
    ['status: open', { status: ['pending', 'in_progress'] }],
    ['status: open, by request', { status: ['pending', 'in_progress'], ...byRequest }],
    ['status: error', { status: ['error'] }],
    ['status: resolved by hand', { status: ['resolved_manually'] }],
    ['status: complete', { status: ['complete'] }],
    ['name: common', { name: 'task_1' }],
    ['name: rare', { name: 'task_12' }],
    ['name: rare, by request', { name: 'task_12', ...byRequest }],
    ['namespace', { namespace: 'space_1' }],
    ['tag: 1 in 8', { tag: 'region_3' }],
    ['tag: 1 in 1,000', { tag: 'audit' }],
    ['tag: nowhere', { tag: 'nowhere' }],
    ['initiator: most', { initiator: 'web' }],
    ['initiator: 1 in 40,000', { initiator: 'user_123' }],
    ['source system: 1 in 9,000', { sourceSystem: 'legacy' }],
    ['source system: rare, by request', { sourceSystem: 'legacy', ...byRequest }],
    ['context: one task', { context: [{ path: 'order_id', value: 5 }] }],
    ['context: cart.id', { context: [{ path: 'cart.id', value: 77 }] }],
    ['context: 1 in 3', { context: [{ path: 'country', value: 'de' }] }],
    ['created: one day of 90', range],
    ['created: one day, by request', { ...range, ...byRequest }],
    ['created: one day, and a rare tag', { ...range, tag: 'audit' }],
    ['step status: in progress', { stepStatus: ['in_progress'] }],
    ['step status: error', { stepStatus: ['error'] }],
    ['step status: skipped (none is)', { stepStatus: ['skipped'] }],
    ['dependent system: common', { dependentSystem: 'system_0' }],
    ['dependent system: rare', { dependentSystem: 'rare_system' }],
    ['dependent system and step error', { dependentSystem: 'system_1', stepStatus: ['error'] }],
    ['annotation: one task', { annotation: { type: 'order', key: 'ticket', value: 'T-500' } }],
    ['annotation: 1 in 30', { annotation: { type: 'order', key: 'level', value: '1' } }],
    ['name, initiator and rare tag', { name: 'task_3', initiator: 'web', tag: 'audit' }],
    ['two values that never meet', { tag: 'vip', initiator: 'user_121' }],
  ];
}

const server = await openServer();
try {
  console.log(describeMachine(await machineFacts(server)));
  await server.withFreshDatabase(({ url }) => measureLists(url));
} finally {
  await server.close();
}

async function measureLists(url) {
  const tasker = createTasker({ database: url, worker: false, logger: LOGGER });
  await tasker.migrate();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fillTasks(client, TASKS);
  await client.query('checkpoint');
  await client.end();
  await tasker.start();
  console.log(`${TASKS.toLocaleString('en')} tasks, ${RUNS} runs each, milliseconds\n`);
  console.log(
    '| Filter | Tasks on the page | List p50 | List p99 | Count | Count p50 | Count p99 |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  let worst = 0;
  for (const [name, request] of cases(Date.now())) {
    const { sortBy: _, offset: __, ...filter } = request;
    const list = await timed(() => tasker.tasks(request));
    const count = await timed(() => tasker.countTasks(filter));
    worst = Math.max(worst, list.p99);
    const counted = `${count.answer.exact ? '' : '≥ '}${count.answer.count.toLocaleString('en')}`;
    console.log(
      `| ${name} | ${list.answer.tasks.length} | ${list.p50.toFixed(1)} | ${list.p99.toFixed(1)} | ${counted} | ${count.p50.toFixed(1)} | ${count.p99.toFixed(1)} |`,
    );
  }
  await tasker.stop();
  console.log(
    `\nlists: ${TASKS} tasks stored, the slowest list has a p99 of ${worst.toFixed(1)} ms`,
  );
}

async function timed(ask) {
  const times = [];
  let answer = await ask();
  for (let run = 0; run < RUNS; run += 1) {
    const startedAt = performance.now();
    answer = await ask();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { answer, p50: at(0.5), p99: at(0.99) };
}
