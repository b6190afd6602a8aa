import { TaskerError } from '../kernel/errors.ts';
import type { Db } from './db.ts';

const OLDEST_VERSION = 140_000;

/**
 * Asks a database whether Tasker can work with it. Meant for start, before anything is written.
 *
 * @throws DATABASE_TOO_OLD below PostgreSQL 14; DATABASE_READ_ONLY for a standby or a read-only session; DATABASE_UNAVAILABLE
 */
export async function checkServer(db: Db): Promise<void> {
  const { rows } = await db.query({
    text: `select current_setting('server_version_num')::int4 as number,
                  current_setting('server_version') as version,
                  pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as is_read_only`,
  });
  const row = rows[0];
  if (row === undefined)
    throw new TaskerError('DATABASE_FAULT', { problem: 'it did not tell its version' });
  if (Number(row['number']) < OLDEST_VERSION)
    throw new TaskerError('DATABASE_TOO_OLD', { version: String(row['version']) });
  if (row['is_read_only'] !== false) throw new TaskerError('DATABASE_READ_ONLY', {});
}
