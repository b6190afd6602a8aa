import type { Connection } from './db.ts';

/**
 * What PostgreSQL's background processes do, and PGlite, which has none, never does by itself: dead rows stay for ever and the log
 * of changes is never recycled (5 x 100,000 rows inserted and deleted left 260 MB, measured on 0.5.16).
 */

/** After how many statements it is worth a look. */
export const UPKEEP_EVERY_STATEMENTS = 10_000;

/** Dead or changed rows that make a table worth a visit; PostgreSQL's own default is 50 and a tenth or fifth of the table. */
const WORN_ROWS = 500;

/** Vacuums and analyzes the tables that changed much, then writes a checkpoint. Must run outside a transaction. */
export async function keepUp(connection: Connection): Promise<void> {
  const { rows } = await connection.query({
    text: `select format('%I.%I', schemaname, relname) as name
             from pg_catalog.pg_stat_user_tables
            where n_dead_tup > $1 or n_mod_since_analyze > $1`,
    values: [WORN_ROWS],
  });
  for (const { name } of rows) await connection.query({ text: `vacuum (analyze) ${String(name)}` });
  await connection.query({ text: 'checkpoint' });
}
