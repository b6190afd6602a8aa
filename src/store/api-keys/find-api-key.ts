import type { Connection } from '../../db/db.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { Tables } from '../tables.ts';

/** What recognising a key needs. */
export interface UsableApiKey {
  readonly keyId: string;
  readonly digest: Buffer;
  readonly name: string;
  readonly grants: readonly string[];
  readonly namespaces: readonly string[] | null;
  /** Until it expires, by the database's clock; null means never. */
  readonly usableMs: Milliseconds | null;
  /** Nothing was recorded about its use for a minute. */
  readonly isUseStale: boolean;
}

/** A key that is neither expired nor revoked, or null. Index: primary key of api_keys. */
export function findApiKey(
  t: Tables,
): (db: Connection, keyId: string) => Promise<UsableApiKey | null> {
  const text = `
select key_id, digest, name, grants, namespaces,
       extract(epoch from expires_at - ${t.clock})::float8 * 1000 as usable_ms,
       coalesce(last_used_at <= ${t.clock} - interval '1 minute', true) as is_use_stale
  from ${t.api_keys}
 where key_id = $1 and revoked_at is null and (expires_at is null or expires_at > ${t.clock})`;
  return async (db, keyId) => {
    const [row] = (await db.query({ text, values: [keyId] })).rows;
    if (row === undefined) return null;
    return {
      keyId: row['key_id'] as string, // the statement's column types, here and below
      digest: row['digest'] as Buffer,
      name: row['name'] as string,
      grants: row['grants'] as readonly string[],
      namespaces: row['namespaces'] as readonly string[] | null,
      usableMs: row['usable_ms'] as number | null,
      isUseStale: row['is_use_stale'] as boolean,
    };
  };
}
