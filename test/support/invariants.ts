import type { Db } from '../../src/db/db.ts';
import { verify } from '../../src/engine/verify.ts';
import { LAWS } from '../../src/store/audit/index.ts';
import { tables } from '../../src/store/tables.ts';

/**
 * Fails when the stored rows break any law of the data. Every test that lets the engine write calls it at its end.
 * Nothing may be half done: call it when the workers of the test are idle or stopped.
 *
 * @throws Error that lists each broken law with its explanation and its first three rows
 */
export async function assertInvariants(db: Db, schema: string): Promise<void> {
  const violations = await verify(db, tables(schema), { graceMs: 0 });
  if (violations.length === 0) return;
  const report = violations.map(({ invariant, title, count, rows }) => {
    const explain = LAWS.find(({ id }) => id === invariant)?.explain ?? '';
    const shown = rows.slice(0, 3).map((row) => `\n      ${JSON.stringify(row)}`);
    return `\n  ${invariant}: ${title} (${count} rows break it)\n    ${explain}${shown.join('')}`;
  });
  throw new Error(`${violations.length} laws of the data are broken:${report.join('')}`);
}
