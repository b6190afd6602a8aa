import type { Connection } from '../../../db/db.ts';

/** What the server's statistics say about one hot table. */
export interface TableFacts {
  readonly table: string;
  readonly live: number;
  readonly dead: number;
  /** With its indexes and its large values. */
  readonly bytes: number;
  /** How long ago it was last vacuumed, by hand or not; null for never. */
  readonly vacuumedAgoMs: number | null;
}

export interface TablesFacts {
  readonly autovacuum: boolean;
  readonly tables: readonly TableFacts[];
}

const HOT_TABLES: readonly string[] = ['ready_steps', 'tasks', 'workers', 'workflow_steps'];

/** Reads the statistics of the tables that change all the time. @param schema its plain name, without quotes */
export async function readTables(db: Connection, schema: string): Promise<TablesFacts> {
  const { rows } = await db.query({
    text: `
select relname::text as name, n_live_tup::float8 as live, n_dead_tup::float8 as dead, pg_total_relation_size(relid)::float8 as bytes,
       (extract(epoch from clock_timestamp() - greatest(last_vacuum, last_autovacuum)) * 1000)::float8 as vacuumed_ago_ms
  from pg_stat_all_tables
 where schemaname = $1 and relname = any ($2::text[])
 order by relname`,
    values: [schema, HOT_TABLES],
  });
  const setting = await db.query({
    text: `select current_setting('autovacuum') = 'on' as autovacuum`,
  });
  return {
    autovacuum: setting.rows[0]?.['autovacuum'] === true,
    tables: rows.map((row) => ({
      table: String(row['name']),
      live: Number(row['live']),
      dead: Number(row['dead']),
      bytes: Number(row['bytes']),
      vacuumedAgoMs: row['vacuumed_ago_ms'] === null ? null : Number(row['vacuumed_ago_ms']),
    })),
  };
}
