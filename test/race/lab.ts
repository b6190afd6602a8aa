import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Connection, Db, Transaction } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import { createTasks } from '../../src/engine/create-task.ts';
import { Measures } from '../../src/telemetry/measures.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { createPinnedDefinitions } from '../../src/engine/pinned-definitions.ts';
import { Emitter } from '../../src/kernel/emitter.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';
import { DEFAULT_JSON_LIMITS } from '../../src/kernel/json.ts';
import { systemPorts } from '../../src/kernel/ports.ts';
import { createStore } from '../../src/store/index.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import type { AdvanceAnswer, ChildMove } from '../../src/store/steps/advance-steps.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import { gate, until } from '../support/engine.ts';
import { assertInvariants } from '../support/invariants.ts';
import type { TestDatabase } from '../support/each-database.ts';

/** Who acts in the tests. */
export const by = { actor: 'racer', reason: 'test' };

/** Two engines without workers on one schema, each with connections of its own, to be stepped through by hand. */
export interface Race {
  readonly one: EngineParts;
  readonly two: EngineParts;
  readonly schema: string;
  /** Registers a worker with a lease of a minute. */
  worker(): Promise<number>;
  /** Lets a worker's lease lapse. */
  lapse(workerId: number): Promise<void>;
  create(task: LoadedDefinition): Promise<number>;
  /** What a worker's statement claims from the queue. */
  claim(on: Connection, workerId: number, room: number): Promise<readonly ClaimedStep[]>;
  /** A worker reports a step as done; `children` by position. */
  complete(
    on: Connection,
    workerId: number,
    done: { readonly step: ClaimedStep; readonly children?: Readonly<Record<number, ChildMove>> },
  ): Promise<AdvanceAnswer>;
  /** The status of every step by position, and of the task at the end. */
  statuses(taskId: number): Promise<readonly string[]>;
  /** Positions of the task's steps that are in the queue. */
  queued(taskId: number): Promise<readonly number[]>;
  audit(): Promise<void>;
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  return undefined;
}

/** A race for every test of the suite that calls it, in a schema of its own. */
export function eachRace(database: TestDatabase): () => Race {
  let other: Db | undefined;
  let race: Race | undefined;
  let count = 0;
  beforeAll(() => {
    other = connectPg({ connectionString: database.url() ?? '' });
  });
  afterAll(() => other?.close());
  beforeEach(async () => {
    count += 1;
    const schema = `race_${count}`;
    await migrate(database.db(), { schema, migrations: MIGRATIONS });
    if (other) race = makeRace(schema, partsOn(database.db(), schema), partsOn(other, schema));
  });
  return () => {
    if (!race) throw new Error('The race exists only while a test runs');
    return race;
  };
}

/** An engine without a worker on a connection. */
export function partsOn(db: Db, schema: string): EngineParts {
  const store = createStore(schema);
  return {
    db,
    store,
    pinned: createPinnedDefinitions(db, store),
    events: new Emitter(ignore),
    limits: DEFAULT_JSON_LIMITS,
    ports: systemPorts,
    logger: SILENT,
    measures: new Measures(),
    taker: () => null,
    hintWork: ignore,
    hintTaken: ignore,
  };
}

/** What a worker registers with. */
export const NEW_WORKER = {
  name: 'racer',
  hostname: 'here',
  pid: process.pid,
  version: 'test',
  queues: ['default'],
  slots: 10,
  leaseMs: 60_000,
};

function makeRace(schema: string, one: EngineParts, two: EngineParts): Race {
  const { db, store } = one;
  const asked = { queue: 'default', excluded: [] };
  const column = async (text: string, taskId: number) =>
    (await db.query({ text, values: [taskId] })).rows.map((row) => row['found']);
  return {
    one,
    two,
    schema,
    worker: () => store.registerWorker(db, NEW_WORKER),
    async lapse(workerId) {
      const text = `update ${schema}.workers set lease_expires_at = now() - interval '1 second' where worker_id = $1`;
      await db.query({ text, values: [workerId] });
    },
    async create(task) {
      const [created] = await createTasks(one, task, [{ context: {} }]);
      return created?.taskId ?? 0;
    },
    async claim(on, workerId, room) {
      const request = { ...asked, workerId, completions: [], room };
      return (await store.advanceSteps(on, request)).claimed;
    },
    complete(on, workerId, { step, children = {} }) {
      const moves = Object.entries(children).map(([position, move]) => ({
        position: Number(position),
        queue: 'default',
        move,
      }));
      const completions = [{ ...step, resultText: '1', children: moves }];
      return store.advanceSteps(on, { ...asked, workerId, completions, room: 0 });
    },
    async statuses(taskId) {
      const steps = `select status::text as found from ${schema}.workflow_steps where task_id = $1 order by position`;
      const task = `select status::text as found from ${schema}.tasks where task_id = $1`;
      return [...(await column(steps, taskId)), ...(await column(task, taskId))].map(String);
    },
    async queued(taskId) {
      const text = `select position as found from ${schema}.ready_steps where task_id = $1 order by 1`;
      return (await column(text, taskId)).map(Number);
    },
    audit: () => assertInvariants(db, schema),
  };
}

/** What becomes of the first transaction. */
type Ending = 'commit' | 'rollback';

/** Undoes a transaction from inside. */
class Undone extends Error {}

/**
 * Does the first in a transaction that stays open, starts the second, and ends the first once the second waits for a lock (seen in
 * pg_stat_activity). With `waits: false` the second must get through while the first is still open.
 */
export async function interleave<A, B>(
  race: Race,
  order: {
    readonly first: (tx: Transaction) => Promise<A>;
    readonly second: () => Promise<B>;
    readonly waits?: boolean;
    readonly ending?: Ending;
  },
): Promise<{ readonly first: A; readonly second: B }> {
  const { waits = true, ending = 'commit' } = order;
  const end = gate<Ending>();
  const begun = gate<A>();
  const first = race.one.db
    .transaction(async (tx) => {
      begun.open(await order.first(tx));
      if ((await end.opened) === 'rollback') throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
  try {
    const value = await Promise.race([begun.opened, first.then(() => begun.opened)]);
    const second = order.second();
    if (waits) await untilWaiting(race, second);
    else await untilThrough(race, second);
    end.open(ending);
    return { first: value, second: await second };
  } finally {
    end.open('rollback');
    await first;
  }
}

/** Waits until some session of the database waits for a lock; fails when the second gets through instead. */
async function untilWaiting(race: Race, second: Promise<unknown>): Promise<void> {
  let isThrough = false;
  const through = (): void => void (isThrough = true);
  second.then(through, through);
  await until('the second session waits for a lock', async () => {
    if (isThrough) throw new Error('the second session got through without waiting');
    return isWaitingForLock(race);
  });
}

/** Waits until the second is through; fails when it waits for a lock instead. */
async function untilThrough(race: Race, second: Promise<unknown>): Promise<void> {
  let isThrough = false;
  const through = (): void => void (isThrough = true);
  second.then(through, through);
  await until('the second session is through', async () => {
    if (isThrough) return true;
    if ((await isWaitingForLock(race)) && !isThrough)
      throw new Error('the second session waits for a lock');
    return isThrough;
  });
}

async function isWaitingForLock({ two }: Race): Promise<boolean> {
  const { rows } = await two.db.query({
    text: `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  });
  return rows.length > 0;
}

/** The code of the error that a verb is refused with, or `done`. */
export async function outcomeOf(verb: Promise<unknown>): Promise<string> {
  try {
    await verb;
    return 'done';
  } catch (error) {
    if (isTaskerError(error)) return error.code;
    throw error;
  }
}

/** The only element of a list. */
export function only<T>(list: readonly T[]): T {
  const [element] = list;
  if (element === undefined || list.length > 1)
    throw new Error(`expected one element, found ${list.length}`);
  return element;
}

/** What an operator's verb writes into the log with its change. */
export function logLine(
  taskId: number,
  position: number | null,
  move: {
    readonly action: string;
    readonly from: 'pending' | 'in_progress' | 'error';
    readonly to: 'cancelled' | 'pending' | 'resolved_manually';
    readonly attempts: number | null;
  },
) {
  const { action, from: fromStatus, to: toStatus, attempts } = move;
  return { taskId, position, action, ...by, fromStatus, toStatus, attempts, details: null };
}
