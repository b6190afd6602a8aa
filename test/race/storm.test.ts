import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectPg } from '../../src/db/pg.ts';
import type { Db } from '../../src/db/db.ts';
import {
  createTasker,
  defineTask,
  isTaskerError,
  PermanentError,
  RetryableError,
  type LoadedDefinition,
  type Tasker,
} from '../../src/index.ts';
import { describeOnPostgres } from '../support/each-database.ts';
import { overlapMeter } from '../engine/lab.ts';
import { assertInvariants } from '../support/invariants.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';
import { by } from './lab.ts';

const SCHEMA = 'storm';

describeOnPostgres('many at once', () => {
  let database: FreshDatabase;
  let db: Db;
  let taskers: Tasker[];
  beforeEach(async () => {
    database = await freshDatabase();
    db = connectPg({ connectionString: database.url });
    taskers = [];
  });
  afterEach(async () => {
    await Promise.all(taskers.map((tasker) => tasker.stop()));
    await db.close();
    await database.drop();
  });

  const open = async (...definitions: readonly LoadedDefinition[]): Promise<Tasker> => {
    const tasker = createTasker({
      database: database.url,
      schema: SCHEMA,
      migrate: true,
      worker: { concurrency: 10, pollInterval: '100ms' },
    });
    taskers.push(tasker);
    for (const definition of definitions) await tasker.register(definition);
    await tasker.start();
    return tasker;
  };
  const finish = async (): Promise<void> => {
    await Promise.all(taskers.map((tasker) => tasker.stop()));
    await assertInvariants(db, SCHEMA);
  };

  test('four migrate a new schema: each migration is applied once, and all go on', async () => {
    const make = (): Tasker =>
      createTasker({ database: database.url, schema: SCHEMA, worker: false });
    taskers.push(make(), make(), make(), make());
    const applied = (await Promise.all(taskers.map((tasker) => tasker.migrate()))).flat();
    expect(applied.toSorted()).toEqual([...new Set(applied)].toSorted());
    expect(applied).toContain('0001_initial');
    await Promise.all(taskers.map((tasker) => tasker.start()));
    await finish();
  });

  test('two workers share 200 tasks: every step runs once', async () => {
    const ran = new Map<number, number>();
    const task = defineTask({ name: 'shared', version: '1.0.0', identity: 'none' }, (t) => {
      const count = ({ step }: { readonly step: { readonly id: number } }): number => {
        ran.set(step.id, (ran.get(step.id) ?? 0) + 1);
        return step.id;
      };
      const a = t.step('a', {}, count);
      const b = t.step('b', { dependsOn: { a } }, count);
      const c = t.step('c', { dependsOn: { a } }, count);
      t.step('d', { dependsOn: { b, c } }, count);
    });
    const [first] = [await open(task), await open(task)];
    const requests = Array.from({ length: 200 }, (_, number) => ({ context: { number } }));
    const created = await first.createMany('shared', requests);
    await Promise.all(created.map(({ taskId }) => first.waitFor(taskId, { timeout: '30s' })));
    expect(ran.size).toBe(800);
    expect([...ran.values()].filter((times) => times !== 1)).toEqual([]);
    await finish();
  });

  test('fifty requests have one key: they get one task, and other content is refused', async () => {
    const task = defineTask(
      { name: 'keyed', version: '1.0.0' },
      (t) => void t.step('s', {}, () => 1),
    );
    const both = [await open(task), await open(task)];
    const stored: { content: string; taskId: number; created: boolean }[] = [];
    const refused: string[] = [];
    const ask = async (index: number): Promise<void> => {
      const content = index % 10 === 9 ? 'other' : 'first';
      try {
        const tasker = both[index % 2] as Tasker; // two were opened
        const request = { context: { content }, idempotencyKey: 'one' };
        stored.push({ content, ...(await tasker.create('keyed', request)) });
      } catch (error) {
        if (!isTaskerError(error)) throw error;
        refused.push(error.code);
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)));
    expect(new Set(stored.map(({ taskId }) => taskId)).size).toBe(1);
    expect(stored.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(stored.map(({ content }) => content)).size).toBe(1);
    expect(new Set(refused)).toEqual(new Set(['IDEMPOTENCY_CONFLICT']));
    expect([5, 45]).toContain(refused.length); // whichever content came first
    await finish();
  });

  test('two workers share tasks of width 2: no task ever has more than two steps running', async () => {
    const meters = new Map<number, ReturnType<typeof overlapMeter>>();
    const task = defineTask({ name: 'narrow', version: '1.0.0', width: 2 }, (t) => {
      for (let index = 0; index < 8; index += 1) {
        t.step(`s${index}`, {}, async ({ task: { id } }) => {
          const meter = meters.get(id) ?? overlapMeter();
          meters.set(id, meter);
          meter.enter();
          await new Promise((resolve) => setTimeout(resolve, index % 3));
          meter.leave();
        });
      }
    });
    const [first] = [await open(task), await open(task)];
    const requests = Array.from({ length: 20 }, (_, number) => ({ context: { number } }));
    const created = await first.createMany('narrow', requests);
    await Promise.all(created.map(({ taskId }) => first.waitFor(taskId, { timeout: '30s' })));
    expect([...meters.values()].filter(({ most }) => most > 2)).toEqual([]);
    expect([...meters.values()].some(({ most }) => most === 2)).toBe(true);
    await finish();
  });

  test('eight operators act on the tasks of two workers: no conflict reaches them, and every law holds', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.info(`a storm of operators: TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const definition = stormyTask(random);
    const first = await open(definition);
    const both = [first, await open(definition)];
    const requests = Array.from({ length: 20 }, (_, number) => ({ context: { number } }));
    const ids = (await first.createMany('stormy', requests)).map((c) => c.taskId);
    const end = performance.now() + 2_000;
    const tally = { done: 0, refused: 0 };
    const operate = async (tasker: Tasker): Promise<void> => {
      while (performance.now() < end) {
        if (await act(tasker, pick(ids, random), random)) tally.done += 1;
        else tally.refused += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => operate(both[index % 2] as Tasker))); // two were opened
    console.info(`a storm of operators: ${tally.done} verbs done, ${tally.refused} refused`);
    await Promise.all(ids.map((taskId) => first.waitFor(taskId, { timeout: '20s' })));
    expect(tally.done).toBeGreaterThan(20);
    await finish();
  });
});

const STEPS = 'abcdefghi'.split('');

/** Nine steps in three layers that fail, wait and pass at random. */
function stormyTask(random: () => number): LoadedDefinition {
  const work = async (): Promise<number> => {
    const dice = random();
    if (dice < 0.15) throw new RetryableError('again');
    if (dice < 0.25) throw new PermanentError('never');
    await new Promise((resolve) => setTimeout(resolve, dice * 30));
    return dice;
  };
  return defineTask({ name: 'stormy', version: '1.0.0' }, (t) => {
    const options = { retryLimit: 2, backoff: { base: '10ms', max: '20ms' } } as const;
    const [a, b, c] = [
      t.step('a', options, work),
      t.step('b', options, work),
      t.step('c', options, work),
    ];
    const d = t.step('d', { ...options, dependsOn: { a, b } }, work);
    const e = t.step('e', { ...options, dependsOn: { b, c } }, work);
    const f = t.step('f', { ...options, dependsOn: { a, c } }, work);
    t.step('g', { ...options, dependsOn: { d, e } }, work);
    t.step('h', { ...options, dependsOn: { e, f } }, work);
    t.step('i', { ...options, dependsOn: { d, f } }, work);
  });
}

/** One verb on a task in whatever state it is; false when it was refused for that state. */
async function act(tasker: Tasker, taskId: number, random: () => number): Promise<boolean> {
  const step = pick(STEPS, random);
  const verbs: readonly (() => Promise<unknown>)[] = [
    () => (random() < 0.1 ? tasker.cancelTask(taskId, by) : tasker.cancelStep(taskId, step, by)),
    () => (random() < 0.1 ? tasker.resolveTask(taskId, by) : tasker.resolveStep(taskId, step, by)),
    () => tasker.retryTask(taskId, by),
    () => tasker.retryStep(taskId, step, by),
    () => tasker.resolveStep(taskId, step, { ...by, result: 1 }),
    () => tasker.updateStep(taskId, step, { ...by, retryLimit: 6 }),
    () => tasker.updateStep(taskId, step, { ...by, inputs: { edited: true } }),
    () => tasker.updateTask(taskId, { tags: ['touched'] }),
    () => tasker.annotate(taskId, 'note', { dice: random() }),
  ];
  try {
    await pick(verbs, random)();
    return true;
  } catch (error) {
    const refusals = ['TASK_STATE_CONFLICT', 'STEP_STATE_CONFLICT', 'INVALID_REQUEST'];
    if (!isTaskerError(error) || !refusals.includes(error.code)) throw error;
    return false;
  }
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T; // sound: no caller gives an empty list
}

/** mulberry32: uniform numbers in [0, 1) from a seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
