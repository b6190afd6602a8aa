import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Records that workers which are gone hold nothing: their steps are not looked for again. Index: primary key. Locks: their rows. */
export function markEmptied(
  t: Tables,
): (db: Connection, workerIds: readonly number[]) => Promise<void> {
  const text = `
update ${t.workers}
   set emptied_at = ${t.clock}
 where worker_id = any ($1::bigint[]) and emptied_at is null`;
  return async (db, workerIds) => {
    await db.query({ text, values: [`{${workerIds.join(',')}}`] });
  };
}
