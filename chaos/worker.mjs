// A Tasker with a worker in a process of its own, to be killed, stopped and starved. Runs the compiled package, as users do.
// argv: JSON of { package?, database, schema, tasks, witness, worker, tellsStored? }. Messages to the parent: { kind: 'ready' },
// { kind: 'refused', code, details }, { kind: 'created', id, taskId }, { kind: 'event', name, payload }, { kind: 'log', text }.
// SIGTERM stops the worker as a host would; the loss of the parent ends the process.
//
// What a step does is asked for in the context of its task: `plan[<step>]`, otherwise `plan['*']`, with
//   ms: milliseconds of waiting          upToMs: a random number of them
//   busyMs: milliseconds in which the event loop does not turn
//   hold: a file to wait for             busyUntil: a file until which the event loop does not turn
//   failUntil: attempts below this number fail
//   exit: 'exit' | 'abort' | 'memory' | 'overflow'
//   never: true = a promise that never settles
//   times: only attempts up to this number do so
// The witness file gets a line before and after each run, on the disk before the handler goes on; with `tellsStored` also one after the
// worker heard that a result is stored. A line: what, task, step, attempt, process, microseconds of the machine's steady clock, key.
import { existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicUs } from './clock.mjs';

const given = JSON.parse(process.argv[2]);
const { createTasker, RetryableError } = await import(given.package ?? '../dist/index.js');
const witness = openSync(given.witness, 'a');
const tell = (message) => void (process.connected && process.send(message));
const logger = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields, text) =>
      level === 'debug' ||
      tell({ kind: 'log', text: `${level} ${text} ${fields.err?.message ?? ''}` }),
  ]),
);

const tasker = createTasker({
  database: given.database,
  schema: given.schema,
  worker: given.worker,
  handlers: { work },
  logger,
});
for (const name of ['step.lease_lost', 'worker.started', 'worker.stopped'])
  tasker.on(name, (payload) => tell({ kind: 'event', name, payload }));
if (given.tellsStored)
  tasker.on('step.completed', ({ taskId, step, attempt }) =>
    write('stored', taskId, step, attempt),
  );

process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => {
  void tasker.stop().then(() => process.exit(0));
});
const asked = [];
process.on('message', (message) => void (asked.push(message) && takeRequests()));
let isReady = false;

async function takeRequests() {
  if (isReady) for (const message of asked.splice(0)) await create(message);
}

async function create({ id, name, request }) {
  const { taskId } = await tasker.create(name, request);
  tell({ kind: 'created', id, taskId });
}

try {
  await tasker.register(given.tasks);
  await tasker.start();
  isReady = true;
  tell({ kind: 'ready' });
  await takeRequests();
} catch (error) {
  process.send({ kind: 'refused', code: error.code, details: error.details }, () =>
    process.exit(3),
  );
}

async function work(ctx) {
  const { attempt, name } = ctx.step;
  const asked = ctx.context.plan?.[name] ?? ctx.context.plan?.['*'] ?? {};
  const plan = attempt <= (asked.times ?? Infinity) ? asked : {};
  const key = ctx.context.key ?? null;
  record('begin', ctx);
  if (plan.ms) await pause(plan.ms);
  if (plan.upToMs) await pause(Math.random() * plan.upToMs);
  if (plan.busyMs) {
    const end = Date.now() + plan.busyMs;
    while (Date.now() < end);
  }
  if (plan.busyUntil) while (!existsSync(plan.busyUntil));
  if (plan.hold) while (!existsSync(plan.hold)) await pause(10, undefined, { signal: ctx.signal });
  if (plan.exit === 'exit') process.exit(0);
  if (plan.exit === 'abort') process.abort();
  if (plan.exit === 'memory') eat();
  if (plan.exit === 'overflow') overflow();
  if (plan.never) await new Promise(() => {});
  if (attempt < (plan.failUntil ?? 1)) throw new RetryableError('asked to fail');
  for (const parent of Object.values(ctx.deps))
    if (parent?.done !== true || parent.key !== key)
      throw new Error('a parent’s result is missing');
  record('end', ctx);
  return { done: true, attempt, pid: process.pid, key };
}

/** Until the stack is full: the process dies of it where Node was told that there is more stack than there is. */
function overflow() {
  return overflow() + 1;
}

/** Until the process is out of memory. */
function eat() {
  const eaten = [];
  for (;;) eaten.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
}

function record(moment, { task, step, context }) {
  write(moment, task.id, step.name, step.attempt, context.key ?? '-');
  fsyncSync(witness);
}

function write(moment, ...words) {
  const [taskId, step, attempt, key = '-'] = words;
  const line = [moment, taskId, step, attempt, process.pid, monotonicUs(), key].join(' ');
  writeSync(witness, `${line}\n`);
}
