import type { TaskerOptions } from '../../src/config/options.ts';
import type { Db } from '../../src/db/db.ts';
import { tables } from '../../src/store/tables.ts';
import { assembleTasker } from '../../src/tasker.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { TestDatabase } from './each-database.ts';
import { assertInvariants } from './invariants.ts';

/** A started Tasker on a test database, with what a test needs to look at it from outside. */
export interface Engine {
  readonly tasker: Tasker;
  readonly db: Db;
  readonly schema: string;
  /** Moves the engine's clock, so that waits of hours pass at once. Times never go back. */
  advanceClock(milliseconds: number): Promise<void>;
  /** Rows of a statement; `{schema}` stands for the schema. */
  sql(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Stops, then checks every law of the data. */
  finish(): Promise<void>;
}

/** Settings that make a worker quick enough for tests: it looks at the queue every 20 ms or so. */
const QUICK = {
  pollInterval: '20ms',
  heartbeat: '100ms',
  lease: '5s',
  shutdownGrace: '5s',
} as const;

let schemas = 0;

/**
 * Starts a Tasker in a schema of its own. Options as for `createTasker`, without the database.
 * The database stays open: it belongs to the suite.
 */
export async function startEngine(
  database: TestDatabase,
  options: Omit<TaskerOptions, 'database'> = {},
  /** What stands between Tasker and the database: a test that delays an answer, or counts statements. */
  between: (db: Db) => Db = (db) => db,
): Promise<Engine> {
  schemas += 1;
  const db = database.db();
  const schema = options.schema ?? `${database.schema}_${schemas}`;
  const tasker = assembleTasker(
    {
      migrate: true,
      ...options,
      schema,
      worker: options.worker === false ? false : { ...QUICK, ...options.worker },
    },
    () => Promise.resolve({ db: between(keptOpen(db)), shown: 'the test database' }),
  );
  await tasker.start();
  const sql: Engine['sql'] = async (text, values = []) =>
    (await db.query({ text: text.replaceAll('{schema}', tables(schema).schema), values })).rows;
  let offsetMs = 0;
  return {
    tasker,
    db,
    schema,
    sql,
    async advanceClock(milliseconds) {
      offsetMs += milliseconds;
      // With the queue locked: no claim may begin before the change and see what others made of it.
      await db.transaction(async (tx) => {
        await tx.query({
          text: `lock table ${tables(schema).ready_steps} in access exclusive mode`,
        });
        await tx.query({
          text: `create or replace function ${tables(schema).clock} returns timestamptz language sql stable
                   as $$ select pg_catalog.statement_timestamp() + interval '${offsetMs} milliseconds' $$`,
        });
      });
    },
    async finish() {
      await tasker.stop();
      await assertInvariants(db, schema);
    },
  };
}

/** The database without its end: Tasker closes what it opens, and this one is the suite's. */
function keptOpen(db: Db): Db {
  return {
    kind: db.kind,
    threadConnection: db.threadConnection,
    durability: () => db.durability(),
    query: (statement) => db.query(statement),
    transaction: (work) => db.transaction(work),
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => Promise.resolve(),
  };
}

/** A promise and its ends, for tests that hold a handler until they let it go. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open: (value) => open(value) };
}

/** Asks again and again (every 10 ms) until the answer is true; fails after 10 s with what was waited for. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited 10 s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
