import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key-row.ts';

/** Revokes a key; one that is revoked keeps its moment. Null when there is none. Index: primary key of api_keys. */
export function revokeApiKey(
  t: Tables,
): (db: Connection, keyId: string, by: string) => Promise<ApiKeyRow | null> {
  const text = `
update ${t.api_keys} as k
   set revoked_at = coalesce(k.revoked_at, ${t.clock}),
       revoked_by = coalesce(k.revoked_by, $2)
 where k.key_id = $1
returning ${apiKeyColumns(t)}`;
  return async (db, keyId, by) => {
    const [row] = (await db.query({ text, values: [keyId, by] })).rows;
    return row === undefined ? null : toApiKey(row);
  };
}
