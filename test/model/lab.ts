import { afterAll, beforeAll } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { DEFAULT_JSON_LIMITS } from '../../src/kernel/json.ts';
import { LAWS } from '../../src/store/audit/index.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import { tables, type Tables } from '../../src/store/tables.ts';
import { partsOn } from '../race/lab.ts';
import type { TestDatabase } from '../support/each-database.ts';
import { assertInvariants } from '../support/invariants.ts';
import { BEGINNING, type Ids } from './picture.ts';
import { definitionOf } from './plans.ts';
import type { Plan } from './world.ts';

/**
 * The real engine without its timers and threads: its verbs on one session of a database whose clock stands still until it is told to
 * go on. Made once per database, and emptied for every run.
 */
export interface Lab {
  readonly db: Db;
  readonly schema: string;
  readonly t: Tables;
}

/** One run of the model beside the engine. */
export interface Trial {
  readonly lab: Lab;
  readonly parts: EngineParts;
  readonly plans: readonly Plan[];
  readonly definitions: readonly LoadedDefinition[];
  readonly ids: { readonly tasks: number[]; readonly workers: number[] };
  /** What has happened so far. */
  readonly story: string[];
  /** What workers were given, by `worker task step run` in the model's numbers. */
  readonly claims: Map<string, ClaimedStep>;
}

/** A lab for the suite that calls it, on a session of its own. Use it inside `describeOnEachDatabase`. */
export function labOf(database: TestDatabase, schema = 'model'): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    const url = database.url();
    // One session, because the clock and the settings belong to it. What a crash of the server would lose is of no interest here.
    const options = `${url}?options=${encodeURIComponent('-c synchronous_commit=off')}`;
    const db = url === null ? database.db() : connectPg({ connectionString: options, max: 1 });
    lab = await openLab(db, schema);
  });
  afterAll(async () => {
    if (lab?.db !== database.db()) await lab?.db.close();
  });
  return () => {
    if (lab === undefined) throw new Error('The lab exists only while the tests of its suite run');
    return lab;
  };
}

/** Makes the schema, and a clock that shows what `setClock` says. */
async function openLab(db: Db, schema: string): Promise<Lab> {
  await migrate(db, { schema, migrations: MIGRATIONS });
  const t = tables(schema);
  await db.script(`
create or replace function ${t.clock} returns timestamptz language sql stable
  as $$ select pg_catalog.current_setting('model.now')::timestamptz $$;
set plan_cache_mode = force_generic_plan;
set tasker.purge = 'on';`);
  return { db, schema, t };
}

/** A new world on an empty schema. `between` stands between the engine and the database, not between the test and the database. */
export async function beginTrial(
  lab: Lab,
  plans: readonly Plan[],
  between: (db: Db) => Db = (db) => db,
): Promise<Trial> {
  await empty(lab);
  await setClock(lab, 0);
  const db = between(lab.db);
  const parts = partsOn(db, lab.schema);
  const ids = { tasks: [], workers: [] };
  return {
    lab,
    parts,
    plans,
    definitions: plans.map(definitionOf),
    ids,
    story: [],
    claims: new Map(),
  };
}

const WRITTEN = [
  'ready_steps',
  'open_tasks',
  'step_attempts',
  'operator_log',
  'task_identities',
  'workflow_steps',
  'tasks',
  'workers',
  'named_steps',
  'task_definitions',
] as const;

/** Deletes: to truncate would make the database plan every statement anew. */
async function empty({ db, t }: Lab): Promise<void> {
  const parts = WRITTEN.map((table) => `${table} as (delete from ${t[table]})`);
  await db.query({ name: 'model-empty', text: `with ${parts.join(', ')} select 1` });
}

/** Milliseconds since the world began. */
export async function setClock({ db }: Lab, now: number): Promise<void> {
  await db.query({
    name: 'model-clock',
    text: `select set_config('model.now', $1, false)`,
    values: [moment(now)],
  });
}

function moment(now: number): string {
  return new Date(BEGINNING + now).toISOString();
}

/** How many laws `checkLaws` asks about. */
export const LAW_COUNT = LAWS.length;

/**
 * Asks every law of the data in one prepared statement, which is far quicker than one after the other.
 * @param unless a law that does not hold at such a moment
 * @throws Error with the rows that break them
 */
export async function checkLaws(
  { db, schema, t }: Lab,
  { now, unless }: { readonly now: number; readonly unless?: string },
): Promise<void> {
  const counts = LAWS.map(
    ({ id, sql }) => `select '${id}' as law from (${sql(t)}) as broken having count(*) > 0`,
  );
  const text = `select law from (${counts.join(' union all ')}) as found
 where $1::bigint = 0 and $2::timestamptz is not null and $3::bigint > 0 and $4::float8 = 0`;
  const values = [0, moment(now), DEFAULT_JSON_LIMITS.maxBytes, 0];
  const { rows } = await db.query({ name: 'model-laws', text, values });
  const broken = rows.map((row) => row['law']).filter((law) => law !== unless);
  if (broken.length === 0) return;
  await assertInvariants(db, schema);
  throw new Error(`broken laws: ${broken.join(', ')}`);
}

/** The id of a task, from the model's number. */
export function taskId({ ids }: { readonly ids: Ids }, task: number): number {
  const id = ids.tasks[task];
  if (id === undefined) throw new Error(`task ${task} has no id`);
  return id;
}

/** The id of a worker, from the model's number. */
export function workerId({ ids }: { readonly ids: Ids }, worker: number): number {
  const id = ids.workers[worker];
  if (id === undefined) throw new Error(`worker ${worker} has no id`);
  return id;
}
