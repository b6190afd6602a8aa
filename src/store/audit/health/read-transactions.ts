import type { Connection } from '../../../db/db.ts';

/** A transaction that has been open for more than a minute, and keeps vacuum from removing what became dead since. */
export interface LongTransaction {
  /** Null for a prepared transaction, which belongs to no session. */
  readonly pid: number | null;
  /** The application name, or the name of the prepared transaction. */
  readonly name: string;
  /** `active`, `idle in transaction`, `prepared`, … */
  readonly state: string;
  readonly ageMs: number;
}

export interface TransactionFacts {
  /** At most five, oldest first. */
  readonly long: readonly LongTransaction[];
  /** False when the server shows this user nothing of other users' sessions. */
  readonly complete: boolean;
}

/** Looks for long transactions in this database. */
export async function readTransactions(db: Connection): Promise<TransactionFacts> {
  const { rows } = await db.query({
    text: `
select open.pid, open.name, open.state, (extract(epoch from clock_timestamp() - open.since) * 1000)::float8 as age_ms
  from (select pid, application_name as name, state, xact_start as since
          from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
         union all
        select null, gid, 'prepared', prepared from pg_prepared_xacts where database = current_database()) as open
 where open.since < clock_timestamp() - interval '1 minute'
 order by open.since
 limit 5`,
  });
  const role = await db.query({
    text: `select pg_has_role('pg_read_all_stats', 'member') as sees_all`,
  });
  return {
    long: rows.map((row) => ({
      pid: row['pid'] === null ? null : Number(row['pid']),
      name: String(row['name']),
      state: String(row['state']),
      ageMs: Number(row['age_ms']),
    })),
    complete: role.rows[0]?.['sees_all'] === true,
  };
}
