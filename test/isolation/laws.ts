import type { Db } from '../../src/db/db.ts';
import { DEFAULT_JSON_LIMITS } from '../../src/kernel/json.ts';
import { LAWS } from '../../src/store/audit/index.ts';
import { GRACE_MS, MAX_BYTES, NOW, SINCE } from '../../src/store/audit/law.ts';
import { tables } from '../../src/store/tables.ts';

/**
 * The laws of the data that are broken, all asked in one prepared statement: an interleaving takes milliseconds, and so may its audit.
 * Nothing may be half done, as in `assertInvariants`.
 */
export async function laws(db: Db, schema: string): Promise<readonly string[]> {
  const t = tables(schema);
  const parts = LAWS.map(
    (law) =>
      `select '${law.id}' as law, (select json_agg(broken) from (${law.sql(t)}\n limit 3) as broken)::text as rows`,
  );
  const text = `
select law, rows from (
${parts.join('\nunion all\n')}
) as audit
 where rows is not null and ${SINCE} is not null and ${NOW} is not null and ${MAX_BYTES} is not null and ${GRACE_MS} is not null`;
  const values = [0, 'now', DEFAULT_JSON_LIMITS.maxBytes, 0];
  const { rows } = await db.query({ text, name: 'laws', values });
  return rows.map((row) => `${String(row['law'])}: ${String(row['rows'])}`);
}
