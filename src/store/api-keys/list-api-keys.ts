import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key-row.ts';

/** Every key, the newest first, at most 1,000. Reads the whole table: it has as many rows as keys were ever made. */
export function listApiKeys(t: Tables): (db: Connection) => Promise<readonly ApiKeyRow[]> {
  const text = `
select ${apiKeyColumns(t)}
  from ${t.api_keys} as k
 order by k.created_at desc, k.key_id
 limit 1000`;
  return async (db) => (await db.query({ text })).rows.map(toApiKey);
}
