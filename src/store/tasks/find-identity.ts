import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

export interface FoundIdentity {
  readonly taskId: number;
  /** Hex, or null for a windowed identity. */
  readonly payload: string | null;
}

/** Which tasks hold identity keys (hex). Index: primary key of task_identities. */
export function findIdentities(
  t: Tables,
): (db: Connection, keys: readonly string[]) => Promise<ReadonlyMap<string, FoundIdentity>> {
  const text = `
select encode(identity_key, 'hex') as key, encode(payload_hash, 'hex') as payload, task_id
  from ${t.task_identities} where identity_key in (select decode(k, 'hex') from unnest($1::text[]) as k)`;
  return async (db, keys) => {
    const { rows } = await db.query({ text, values: [keys] });
    return new Map(
      rows.map((row) => [
        row['key'] as string, // the statement's column types
        { taskId: row['task_id'] as number, payload: row['payload'] as string | null },
      ]),
    );
  };
}

/** Deletes windowed identities that lapsed more than an hour ago, at most 5,000 at a time. Index: task_identities_expiry. */
export function pruneIdentities(t: Tables): (db: Connection) => Promise<number> {
  const text = `
delete from ${t.task_identities}
 where identity_key in (select identity_key from ${t.task_identities} where expires_at < ${t.clock} - interval '1 hour' limit 5000)`;
  return async (db) => (await db.query({ text })).rowCount;
}
