import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What a definition must be called, and the system that one of its steps must depend on. Null asks for any. */
export interface DefinitionMatch {
  readonly namespace: string | null;
  readonly namespaces: readonly string[] | null;
  readonly name: string | null;
  readonly version: string | null;
  readonly system: string | null;
}

/** The ids of matching definitions. There are as many as versions were ever stored, so the table is read whole. */
export function matchDefinitions(
  t: Tables,
): (db: Connection, match: DefinitionMatch) => Promise<readonly number[]> {
  const text = `
select d.definition_id
  from ${t.task_definitions} as d
 where ($1::text is null or d.namespace = $1) and ($2::text[] is null or d.namespace = any ($2)) and ($3::text is null or d.name = $3)
   and ($4::text is null or d.version = $4)
   and ($5::text is null or exists (select from ${t.named_steps} as n where n.definition_id = d.definition_id and n.dependent_system = $5))
 order by d.definition_id`;
  return async (db, m) => {
    const { rows } = await db.query({
      text,
      values: [m.namespace, m.namespaces, m.name, m.version, m.system],
    });
    return rows.map((row) => row['definition_id'] as number); // an integer column
  };
}
