import type { Connection } from '../../db/db.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { Tables } from '../tables.ts';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key-row.ts';

/** A key as a rotation sees it. */
export interface LockedApiKey extends ApiKeyRow {
  /** How long it was made to live; null means for ever. */
  readonly lifetimeMs: Milliseconds | null;
}

/** Locks a key until the end of the transaction; null when there is none. Index: primary key of api_keys. */
export function lockApiKey(
  t: Tables,
): (db: Connection, keyId: string) => Promise<LockedApiKey | null> {
  const text = `
select ${apiKeyColumns(t)},
       extract(epoch from k.expires_at - k.created_at)::float8 * 1000 as lifetime_ms
  from ${t.api_keys} as k
 where k.key_id = $1
   for update`;
  return async (db, keyId) => {
    const [row] = (await db.query({ text, values: [keyId] })).rows;
    if (row === undefined) return null;
    return { ...toApiKey(row), lifetimeMs: row['lifetime_ms'] as number | null }; // the statement's column type
  };
}

/** Lets a key that has a successor live on for the overlap, and not longer than it would have. Index: primary key of api_keys. */
export function replaceApiKey(
  t: Tables,
): (
  db: Connection,
  key: { readonly keyId: string; readonly replacedBy: string; readonly overlapMs: Milliseconds },
) => Promise<void> {
  const text = `
update ${t.api_keys}
   set replaced_by = $2,
       expires_at = least(expires_at, ${t.clock} + $3::float8 * interval '1 millisecond')
 where key_id = $1`;
  return async (db, { keyId, replacedBy, overlapMs }) => {
    await db.query({ text, values: [keyId, replacedBy, overlapMs] });
  };
}
