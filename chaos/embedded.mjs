/**
 * The attack on the embedded database: its process is killed in the middle of load, over and over, and what it had acknowledged must be
 * there afterwards. Now and then a second process asks for the same folder, and must be refused.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child.mjs';
import { seededRandom } from './random.mjs';

const SCHEMA = 'chaos';
const SECOND_EVERY = 5;
const AT_ONCE = 6;
/** A kill before anything was acknowledged proves little. */
const LEAST = 3;

/** @returns {Promise<{ figures: object, problems: readonly string[] }>} */
export async function attackEmbedded({ seed, kills }, { scratch, say }) {
  const random = seededRandom(`${seed} embedded`);
  const database = { embedded: { directory: scratch.file('embedded') } };
  const acknowledged = new Map();
  const problems = [];
  let refused = 0;
  const start = () =>
    startChild(
      {
        package: scratch.package,
        database,
        schema: SCHEMA,
        tasks: scratch.tasks,
        witness: scratch.file('witness-embedded'),
        worker: { concurrency: 16 },
      },
      { directory: scratch.folder('embedded-process') },
    );
  for (let kill = 1; kill <= kills; kill += 1) {
    const child = start();
    await child.ready;
    if (kill % SECOND_EVERY === 0) {
      const second = start();
      const answer = await second.ready.then(
        () => 'it was let in',
        (error) => error.code,
      );
      if (answer === 'DATABASE_LOCKED') refused += 1;
      else problems.push(`a second process on the folder of a living one: ${answer}`);
      await second.kill();
    }
    const before = acknowledged.size;
    const load = loadOf(child, { random, prefix: `${seed}-${kill}`, acknowledged });
    while (acknowledged.size < before + LEAST && !child.hasEnded()) await delay(5);
    await delay(random.between(0, 400));
    await child.kill();
    await load;
    if (kill % 10 === 0)
      say(`embedded: ${kill} kills, ${acknowledged.size} tasks acknowledged, ${refused} refusals`);
  }
  const { lost, open, violations } = await lookInto(database, { scratch, acknowledged });
  if (lost.length > 0)
    problems.push(`embedded: acknowledged tasks that are not there: ${lost.join(' ')}`);
  if (open.length > 0)
    problems.push(`embedded: acknowledged tasks that did not complete: ${open.join(' ')}`);
  problems.push(...violations);
  return {
    figures: {
      embeddedKills: kills,
      embeddedAcknowledged: acknowledged.size,
      embeddedLost: lost.length,
      embeddedRefused: refused,
    },
    problems,
  };
}

/** Asks for tasks, some at once, until the child is gone. */
async function loadOf(child, { random, prefix, acknowledged }) {
  let number = 0;
  const work = async () => {
    for (;;) {
      number += 1;
      const key = `${prefix}-${number}`;
      const name = random.pick(['diamond', 'chain', 'fan', 'single']);
      const context = { key, plan: { '*': { upToMs: 20 } } };
      try {
        acknowledged.set(await child.create(name, { context, idempotencyKey: key }), key);
      } catch {
        return; // it was killed before it answered: nothing was promised
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Opens what the last kill left, lets it finish, and compares. */
async function lookInto(database, { scratch, acknowledged }) {
  const { createTasker } = await import(scratch.package);
  const work = (ctx) => {
    for (const parent of Object.values(ctx.deps))
      if (parent?.done !== true || parent.key !== ctx.context.key)
        throw new Error('a parent’s result is missing');
    return { done: true, key: ctx.context.key };
  };
  const tasker = createTasker({ database, schema: SCHEMA, handlers: { work } });
  await tasker.register(scratch.tasks);
  await tasker.start();
  try {
    const lost = [];
    const open = [];
    for (const [taskId, key] of acknowledged) {
      const task = await tasker.waitFor(taskId, { timeout: '60s' }).catch((error) => error);
      if (task.code === 'TASK_NOT_FOUND' || (task.status && task.idempotencyKey !== key))
        lost.push(taskId);
      else if (task.status !== 'complete') open.push(taskId);
    }
    const broken = await tasker.verify();
    const violations = broken.map(
      ({ invariant, count }) => `embedded: the law ${invariant} is broken by ${count} rows`,
    );
    return { lost, open, violations };
  } finally {
    await tasker.stop();
  }
}
