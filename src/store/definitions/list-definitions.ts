import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What identifies a stored definition, without its document. */
export interface StoredDefinitionRow {
  readonly definitionId: number;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly contentHash: string;
  readonly createdAt: Date;
  readonly steps: number;
}

/** Stored definitions, newest first; null asks for any. Index: the primary key backwards, and that of named_steps for the number of steps. */
export function listDefinitions(t: Tables): (
  db: Connection,
  asked: {
    readonly definitionId: number | null;
    readonly namespace: string | null;
    readonly name: string | null;
    readonly namespaces: readonly string[] | null;
    readonly after: number | null;
    readonly limit: number;
  },
) => Promise<readonly StoredDefinitionRow[]> {
  const text = `
select d.definition_id, d.namespace, d.name, d.version, d.content_hash, d.created_at,
       (select count(*)::int from ${t.named_steps} as n where n.definition_id = d.definition_id) as steps
  from ${t.task_definitions} as d
 where ($1::int is null or d.definition_id = $1) and ($2::text is null or d.namespace = $2) and ($3::text is null or d.name = $3)
   and ($4::text[] is null or d.namespace = any ($4)) and ($5::int is null or d.definition_id < $5)
 order by d.definition_id desc
 limit $6`;
  return async (db, r) => {
    const { rows } = await db.query({
      text,
      values: [r.definitionId, r.namespace, r.name, r.namespaces, r.after, r.limit],
    });
    return rows.map((row) => ({
      definitionId: row['definition_id'] as number, // the statement's column types
      namespace: row['namespace'] as string,
      name: row['name'] as string,
      version: row['version'] as string,
      contentHash: row['content_hash'] as string,
      createdAt: row['created_at'] as Date,
      steps: row['steps'] as number,
    }));
  };
}
