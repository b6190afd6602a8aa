import type { Db } from '../../src/db/db.ts';

/** One thing that is locked. `position` is that of a step. */
export interface Lock {
  /** `task lock` (which verbs take), `schema lock`, `table`, or a kind of row: `step`, `queue row`, `task` … */
  readonly kind: string;
  readonly taskId: number | null;
  readonly position: number | null;
}

/** A session that was seen waiting, and what it held at that moment. */
export interface Wait {
  readonly waiter: number;
  readonly holders: readonly number[];
  readonly wanted: Lock;
  readonly held: readonly Lock[];
}

/** Looks at the sessions from outside, through the server's own views. */
export class Watch {
  readonly #db: Db;
  readonly #rows: string;

  constructor(db: Db, schema: string, played: readonly PlayedTable[]) {
    this.#db = db;
    this.#rows = rowLocks(schema, played);
  }

  /** Of these processes, those that wait for a lock, with the processes that hold it or stand before it in the line. */
  async blocked(pids: readonly number[]): Promise<ReadonlyMap<number, readonly number[]>> {
    const text = `
select pid, blockers
  from (select pid, pg_blocking_pids(pid) as blockers
          from pg_stat_activity
         where pid = any ($1::int[]) and wait_event_type = 'Lock') as waiting
 where cardinality(blockers) > 0`;
    const { rows } = await this.#db.query({ text, name: 'blocked', values: [array(pids)] });
    return new Map(rows.map((row) => [Number(row['pid']), row['blockers'] as readonly number[]])); // int[]
  }

  /**
   * What a waiting process waits for and what it holds. A row's lock is found by the row's xmax, which names the transaction that
   * locked, changed or deleted it, and by the tuple lock that everybody takes who waits for a row.
   */
  async describe(pid: number, holders: readonly number[], label: string): Promise<Wait> {
    const whole = await this.#read(WHOLE, pid);
    const isRow = whole.every(({ wanted }) => !wanted);
    const rows = isRow ? await this.#read(this.#rows, pid) : [];
    const all = [...whole, ...rows];
    const wanted = all.find((lock) => lock.wanted) ?? withoutLine(label);
    return { waiter: pid, holders, wanted, held: all.filter((lock) => !lock.wanted) };
  }

  async #read(text: string, pid: number): Promise<readonly (Lock & { wanted: boolean })[]> {
    const { rows } = await this.#db.query({
      text,
      name: text === WHOLE ? 'whole' : 'rows',
      values: [pid],
    });
    return rows.map((row) => ({
      kind: String(row['kind']),
      taskId: row['task_id'] as number | null, // the statement's column types
      position: row['position'] as number | null,
      wanted: row['wanted'] === true,
    }));
  }
}

/** Locks that are no row's: of tasks (taken by verbs), of the schema (taken by migrations), of whole tables. */
const WHOLE = `
select case when locktype = 'relation' then 'table' when classid = x'7461736b'::bigint then 'schema lock' else 'task lock' end as kind,
       null::bigint as task_id, null::int as position, not granted as wanted
  from pg_locks
 where pid = $1 and (locktype = 'advisory' or (locktype = 'relation' and not granted))`;

/** A table whose rows belong to tasks or workers. */
export interface PlayedTable {
  readonly name: string;
  readonly id: 'task_id' | 'worker_id';
  readonly hasPosition: boolean;
}

/** Rows of all tables that the process has locked or stands in line for. */
function rowLocks(schema: string, played: readonly PlayedTable[]): string {
  return `
with me as materialized (
  select backend_xid as xid from pg_stat_activity where pid = $1
), line as materialized (
  select relation, format('(%s,%s)', page, tuple)::tid as row_id
    from pg_locks where pid = $1 and locktype = 'tuple'
)${played.map((table) => rowsOf(schema, table)).join('\nunion all')}`;
}

const KINDS: Readonly<Record<string, string>> = {
  workflow_steps: 'step',
  ready_steps: 'queue row',
  tasks: 'task',
  workers: 'worker',
  task_identities: 'identity',
};

/** Of one table: the row that the process stands in the line for, and the rows that its transaction has locked. */
function rowsOf(schema: string, { name, id, hasPosition }: PlayedTable): string {
  const table = `${schema}.${name}`;
  return `
select '${KINDS[name] ?? `row of ${name}`}' as kind, ${id} as task_id, ${hasPosition ? 'position' : 'null::int'} as position,
       ctid in (select row_id from line where relation = '${table}'::regclass) as wanted
  from ${table}
 where ctid in (select row_id from line where relation = '${table}'::regclass) or xmax = (select xid from me)`;
}

/**
 * A wait without a row to stand in line for: for a unique key that another transaction has written, or for the newest version of a step
 * that has changed since it was found.
 */
function withoutLine(label: string): Lock {
  const keys: Readonly<Record<string, string>> = {
    insertTasks: 'identity',
    enqueueSteps: 'queue row',
  };
  return { kind: keys[label] ?? 'step', taskId: null, position: null };
}

function array(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
