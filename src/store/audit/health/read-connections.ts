import type { Connection } from '../../../db/db.ts';

/** How many clients the whole server has, and how many it takes. */
export interface ConnectionFacts {
  readonly used: number;
  /** Without those that are kept for superusers. */
  readonly limit: number;
}

/** Counts the clients of the server, of all databases. */
export async function readConnections(db: Connection): Promise<ConnectionFacts> {
  const { rows } = await db.query({
    text: `
select (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connection_limit`,
  });
  return { used: Number(rows[0]?.['used']), limit: Number(rows[0]?.['connection_limit']) };
}
