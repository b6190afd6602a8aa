import type { Connection } from '../../../db/db.ts';

/** What the server says about itself. */
export interface ServerFacts {
  /** As the server writes it: `15.18 (Debian 15.18-1)`. */
  readonly version: string;
  /** 150018 for 15.18. */
  readonly versionNumber: number;
  /** True for a standby, or when sessions are read-only by default. */
  readonly readOnly: boolean;
  /** The server's own time, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** Asks the server who it is and what time it is. */
export async function readServer(db: Connection): Promise<ServerFacts> {
  const { rows } = await db.query({
    text: `
select current_setting('server_version') as version, current_setting('server_version_num')::int as version_number,
       pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms`,
  });
  const row = rows[0];
  return {
    version: String(row?.['version']),
    versionNumber: Number(row?.['version_number']),
    readOnly: row?.['read_only'] !== false,
    nowMs: Number(row?.['now_ms']),
  };
}
