import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Records that a key is in use, at most once a minute, whatever the number of processes. Index: primary key of api_keys. */
export function noteKeyUse(t: Tables): (db: Connection, keyId: string) => Promise<void> {
  const text = `
update ${t.api_keys} set last_used_at = ${t.clock}
 where key_id = $1 and coalesce(last_used_at <= ${t.clock} - interval '1 minute', true)`;
  return async (db, keyId) => {
    await db.query({ text, values: [keyId] });
  };
}
