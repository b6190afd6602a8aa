import type { Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What may be known about a key: everything but its secret. */
export interface ApiKeyRow {
  /** The eight characters that follow `tk_` in the key. */
  readonly keyId: string;
  readonly name: string;
  /** Roles, permissions and resource wildcards, as they were given. */
  readonly grants: readonly string[];
  /** Only tasks of these namespaces exist for the holder; null means all. */
  readonly namespaces: readonly string[] | null;
  /** By the database's clock, at the moment of reading. */
  readonly state: 'active' | 'expired' | 'revoked';
  readonly createdAt: Date;
  readonly createdBy: string;
  /** From then on it is refused; null means never. */
  readonly expiresAt: Date | null;
  /** Exact to a minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
  /** The key that rotation made in its place. */
  readonly replacedBy: string | null;
}

/** The columns of an `ApiKeyRow` from `api_keys as k`. */
export function apiKeyColumns(t: Tables): string {
  return `k.key_id, k.name, k.grants, k.namespaces, k.created_at, k.created_by, k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by,
       k.replaced_by,
       case when k.revoked_at is not null then 'revoked' when k.expires_at <= ${t.clock} then 'expired' else 'active' end as state`;
}

/** A row of `apiKeyColumns`. */
export function toApiKey(row: Row): ApiKeyRow {
  return {
    keyId: row['key_id'] as string, // the statement's column types, here and below
    name: row['name'] as string,
    grants: row['grants'] as readonly string[],
    namespaces: row['namespaces'] as readonly string[] | null,
    state: row['state'] as ApiKeyRow['state'],
    createdAt: row['created_at'] as Date,
    createdBy: row['created_by'] as string,
    expiresAt: row['expires_at'] as Date | null,
    lastUsedAt: row['last_used_at'] as Date | null,
    revokedAt: row['revoked_at'] as Date | null,
    revokedBy: row['revoked_by'] as string | null,
    replacedBy: row['replaced_by'] as string | null,
  };
}
