import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connectPg } from '../../src/db/pg.ts';
import {
  createTasker,
  defineTask,
  isTaskerError,
  PermanentError,
  RetryableError,
  type Tasker,
} from '../../src/index.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { assertInvariants } from '../support/invariants.ts';

const SCHEMA = 'random_work';
const TASKS = 120;
const by = { actor: 'random', reason: 'test' };

describeOnPostgres('random work', () => {
  const database = postgresDatabase();

  test('whatever two workers and an operator do, every law holds', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.info(`random work: TEST_SEED=${seed}`);
    const random = mulberry(seed);
    const open = (): Promise<Tasker> => makeTasker(database.url() ?? '', random);
    const [first, second] = [await open(), await open()];
    const taskers = [first, second];
    const ids: number[] = [];
    await first.migrate();
    await Promise.all(taskers.map((tasker) => tasker.start()));
    try {
      for (let i = 0; i < TASKS; i += 1) {
        ids.push(await createOne(first, random, i));
        if (i % 20 === 19) expect(await second.verify()).toEqual([]); // also in the midst of the work
        if (random() < 0.5)
          await meddle(random() < 0.5 ? first : second, pick(ids, random), random);
      }
      await second.stop();
      await settleAll(first, ids, random);
      await cancelOne(first, random); // chance alone may leave no cancelled task
    } finally {
      await Promise.all(taskers.map((tasker) => tasker.stop()));
    }

    const db = connectPg({ connectionString: database.url() ?? '' });
    try {
      await assertInvariants(db, SCHEMA);
      const { rows } = await db.query({
        text: `select status::text, count(*)::int as tasks from ${SCHEMA}.tasks group by 1 order by 1`,
      });
      expect(rows.map((row) => row['status'])).toEqual(
        expect.arrayContaining(['cancelled', 'complete', 'error']),
      );
    } finally {
      await db.close();
    }
  });
});

async function makeTasker(url: string, random: () => number): Promise<Tasker> {
  const tasker = createTasker({
    database: url,
    schema: SCHEMA,
    worker: { concurrency: 8, pollInterval: '100ms' },
  });
  for (const width of [undefined, 1, 3]) await tasker.register(randomTask(width, random));
  return tasker;
}

/** Nine steps in three layers: the middle depends on two of the first, the last on two of the middle; some may be bypassed. */
function randomTask(width: number | undefined, random: () => number) {
  const work = async (): Promise<number> => {
    const dice = random();
    if (dice < 0.08) throw new RetryableError('come back');
    if (dice < 0.12) throw new PermanentError('never');
    if (dice < 0.5) await pause(random() * 20);
    return dice;
  };
  return defineTask(
    { name: `random_${width ?? 'wide'}`, version: '1.0.0', ...(width !== undefined && { width }) },
    (t) => {
      const options = {
        retryLimit: 2,
        skippable: true,
        backoff: { base: '20ms', max: '50ms' },
      } as const;
      const a = t.step('a', options, work);
      const b = t.step('b', options, work);
      const c = t.step('c', options, work);
      const d = t.step('d', { ...options, dependsOn: { a, b } }, work);
      const e = t.step('e', { ...options, dependsOn: { b, c } }, work);
      const f = t.step('f', { ...options, dependsOn: { a, c } }, work);
      t.step('g', { ...options, dependsOn: { d, e } }, work);
      t.step('h', { ...options, dependsOn: { e, f } }, work);
      t.step('i', { ...options, dependsOn: { d, f } }, work);
    },
  );
}

const STEPS = 'abcdefghi'.split('');

async function createOne(tasker: Tasker, random: () => number, i: number): Promise<number> {
  const name = pick(['random_wide', 'random_1', 'random_3'], random);
  const { taskId } = await tasker.create(name, {
    context: { i },
    bypassSteps: STEPS.filter(() => random() < 0.08),
    priority: Math.floor(random() * 3),
    ...(random() < 0.3 && { idempotencyKey: `key-${i}` }),
  });
  return taskId;
}

/** One operator's verb on a task, in whatever state it happens to be. */
async function meddle(tasker: Tasker, taskId: number, random: () => number): Promise<void> {
  const step = pick(STEPS, random);
  const verbs: readonly (() => Promise<unknown>)[] = [
    () => tasker.cancelTask(taskId, by),
    () => tasker.retryTask(taskId, by),
    () => tasker.retryTask(taskId, by),
    () => tasker.resolveTask(taskId, by),
    () => tasker.cancelStep(taskId, step, by),
    () => tasker.retryStep(taskId, step, by),
    () => tasker.resolveStep(taskId, step, { ...by, result: 1 }),
    () => tasker.resolveStep(taskId, step, by),
    () => tasker.updateStep(taskId, step, { ...by, retryLimit: 4 }),
  ];
  try {
    await pick(verbs, random)();
  } catch (error) {
    const refusals = ['TASK_STATE_CONFLICT', 'STEP_STATE_CONFLICT', 'INVALID_REQUEST'];
    if (!isTaskerError(error) || !refusals.includes(error.code)) throw error;
  }
}

/** Creates tasks until one is cancelled before it is complete. */
async function cancelOne(tasker: Tasker, random: () => number): Promise<void> {
  for (let i = TASKS; ; i += 1) {
    const taskId = await createOne(tasker, random, i);
    try {
      await tasker.cancelTask(taskId, by);
      return;
    } catch (error) {
      if (!isTaskerError(error, 'TASK_STATE_CONFLICT')) throw error;
    }
  }
}

async function settleAll(
  tasker: Tasker,
  ids: readonly number[],
  random: () => number,
): Promise<void> {
  for (const id of ids) {
    await tasker.waitFor(id, { timeout: '20s' });
    if (random() < 0.2) {
      await meddle(tasker, id, random);
      await tasker.waitFor(id, { timeout: '20s' });
    }
  }
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T; // sound: no caller gives an empty list
}

/** mulberry32: a small generator of uniform numbers in [0, 1) from a seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
