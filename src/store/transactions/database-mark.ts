import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** A NOTIFY that is sent along. */
export interface CommitHint {
  readonly channel: string;
  readonly payload: string;
}

/**
 * What tells this schema of this database from any other: the microsecond in which it was made, and the database's object id. Null when
 * there is no such schema. Index: primary key of schema_migrations.
 *
 * With a hint, it is notified by the same statement, which PostgreSQL delivers when the transaction commits, and not at all otherwise.
 */
export function databaseMark(
  t: Tables,
): (db: Connection, hint: CommitHint | null) => Promise<string | null> {
  const text = (told: string): string => `
select extract(epoch from m.applied_at)::text || '/' || d.oid::text as mark${told}
  from ${t.schema}.schema_migrations as m, pg_catalog.pg_database as d
 where m.version = 1 and d.datname = pg_catalog.current_database()`;
  const plain = text('');
  const telling = text(', pg_catalog.pg_notify($1, $2)::text as told'); // as text: some clients cannot read void
  return async (db, hint) => {
    const statement =
      hint === null ? { text: plain } : { text: telling, values: [hint.channel, hint.payload] };
    const { rows } = await db.query(statement);
    const mark = rows[0]?.['mark'];
    return typeof mark === 'string' ? mark : null;
  };
}
