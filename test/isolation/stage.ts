import type { Db } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import { createTasks } from '../../src/engine/create-task.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import { NEW_WORKER, partsOn } from '../race/lab.ts';
import { laws } from './laws.ts';
import { Session } from './session.ts';
import { stateOf } from './state.ts';
import { Watch, type PlayedTable } from './watch.ts';

/** At most so many sessions meet. */
const SESSIONS = 3;

/** A session with the engine on it. */
export interface Player {
  readonly session: Session;
  readonly parts: EngineParts;
}

/** A schema with sessions that are led, a watcher of their locks, and a hand of one's own to set the scene and to look at the end. */
export interface Stage {
  readonly schema: string;
  readonly players: readonly Player[];
  readonly watch: Watch;
  /** An engine that nobody leads: for the scene. */
  readonly parts: EngineParts;
  worker(): Promise<number>;
  /** Lets a worker's lease lapse. */
  lapse(workerId: number): Promise<void>;
  create(task: LoadedDefinition): Promise<number>;
  /** Claims for a worker what is ready, in order of the positions. */
  claim(workerId: number, room: number): Promise<readonly ClaimedStep[]>;
  /** Changes a row by hand, to make what the engine makes only in the course of time. `{schema}` stands for the schema. */
  sql(text: string, values: readonly unknown[]): Promise<void>;
  /** Every step and task, in words. */
  state(taskIds: readonly number[]): Promise<string>;
  /** The laws of the data that are broken, with their rows. */
  broken(): Promise<readonly string[]>;
  /** Removes all tasks and workers. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a stage in a new schema. */
export async function openStage(url: string, schema: string): Promise<Stage> {
  const db = connectPg({ connectionString: withSettings(url, HAND), max: 1 });
  await migrate(db, { schema, migrations: MIGRATIONS });
  const played = await playedTables(db, schema);
  const parts = partsOn(db, schema);
  const players = Array.from({ length: SESSIONS }, () => player(url, schema));
  return {
    schema,
    players,
    watch: new Watch(db, schema, played),
    parts,
    ...hands(parts, players),
    sql: async (text, values) => {
      await db.query({ text: text.replaceAll('{schema}', schema), values });
    },
    state: (taskIds) => stateOf(db, schema, taskIds),
    broken: () => laws(db, schema),
    clear: () => clear(db, schema, played),
    close: async () => {
      await Promise.all(players.map(({ session }) => session.close()));
      await db.close();
    },
  };
}

/** Sessions under the scheduler may stand for long in the middle of a transaction; a deadlock shall be found at once. */
const LED = {
  deadlock_timeout: '10ms',
  lock_timeout: '0',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/** One plan for the audit of all interleavings; and history may be removed. */
const HAND = { plan_cache_mode: 'force_generic_plan', 'tasker.purge': 'on' };

function withSettings(url: string, settings: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  address.searchParams.set('options', options.join(' '));
  return address.href;
}

function player(url: string, schema: string): Player {
  const db = connectPg({ connectionString: withSettings(url, LED), max: 1 });
  const session = new Session(db);
  return { session, parts: { ...partsOn(session, schema), store: session.store(schema) } };
}

function hands(parts: EngineParts, players: readonly Player[]) {
  const { db, store } = parts;
  return {
    worker: () => store.registerWorker(db, NEW_WORKER),
    async lapse(workerId: number) {
      const text = `update ${store.tables.workers} set lease_expires_at = now() - interval '1 second' where worker_id = $1`;
      await db.query({ text, values: [workerId] });
    },
    async create(task: LoadedDefinition) {
      // Every session knows the definition, as every process does that has met it once.
      for (const known of players) await known.parts.pinned.save(task.definition);
      const [created] = await createTasks(parts, task, [{ context: {} }]);
      return created?.taskId ?? 0;
    },
    async claim(workerId: number, room: number) {
      const request = { workerId, completions: [], queue: 'default', room, excluded: [] };
      const { claimed } = await store.advanceSteps(db, request);
      return claimed.toSorted((a, b) => a.taskId - b.taskId || a.position - b.position);
    },
  };
}

/** The tables whose rows belong to tasks or workers. */
async function playedTables(db: Db, schema: string): Promise<readonly PlayedTable[]> {
  const text = `
select table_name as name, bool_or(column_name = 'task_id') as of_task, bool_or(column_name = 'position') as has_position
  from information_schema.columns
 where table_schema = $1 and column_name in ('task_id', 'worker_id', 'position')
 group by 1
having bool_or(column_name in ('task_id', 'worker_id'))
 order by 1`;
  const { rows } = await db.query({ text, values: [schema] });
  return rows.map((row) => ({
    name: String(row['name']),
    id: row['of_task'] === true ? 'task_id' : 'worker_id',
    hasPosition: row['has_position'] === true,
  }));
}

/** One prepared statement: after each interleaving there are a handful of rows. */
async function clear(db: Db, schema: string, played: readonly PlayedTable[]): Promise<void> {
  const deletes = played.map(({ name }) => `d_${name} as (delete from ${schema}.${name})`);
  await db.query({ text: `with ${deletes.join(',\n')} select 1`, name: 'clear' });
}
