import type { Connection } from '../../db/db.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { Tables } from '../tables.ts';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key-row.ts';

export interface NewApiKey {
  readonly keyId: string;
  /** SHA-256 of the whole key. */
  readonly digest: Buffer;
  readonly name: string;
  readonly grants: readonly string[];
  readonly namespaces: readonly string[] | null;
  readonly expiresInMs: Milliseconds | null;
  readonly by: string;
}

/** Stores a key. Index: the primary key, which also refuses an id that exists. */
export function insertApiKey(t: Tables): (db: Connection, key: NewApiKey) => Promise<ApiKeyRow> {
  const text = `
insert into ${t.api_keys} as k (key_id, digest, name, grants, namespaces, created_at, created_by, expires_at)
values ($1, $2, $3, $4::text[], $5::text[], ${t.clock}, $6, ${t.clock} + $7::float8 * interval '1 millisecond')
returning ${apiKeyColumns(t)}`;
  return async (db, { keyId, digest, name, grants, namespaces, by, expiresInMs }) => {
    const values = [keyId, digest, name, grants, namespaces, by, expiresInMs];
    const { rows } = await db.query({ text, values });
    return toApiKey(rows[0] ?? {});
  };
}
