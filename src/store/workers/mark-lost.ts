import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/**
 * Declares workers lost whose lease has lapsed (with `everyone`: all that have not stopped, for a database that only one process can
 * have open), except the one who asks: whoever can ask is alive. Answers every worker that was declared lost in the last minute: a statement that was under way at that moment
 * may have claimed for it a little later, so its steps are looked for more than once. Locks: the lapsed workers' rows.
 */
export function markLostWorkers(
  t: Tables,
): (
  db: Connection,
  options: { readonly everyone: boolean; readonly except: number },
) => Promise<readonly number[]> {
  const text = `
with lapsed as (
  update ${t.workers}
     set lost_at = ${t.clock}
   where worker_id <> $2 and lost_at is null and stopped_at is null and ($1::boolean or lease_expires_at < ${t.clock})
  returning worker_id
)
select worker_id from lapsed
union
select worker_id from ${t.workers} where lost_at > ${t.clock} - interval '1 minute' or stopped_at > ${t.clock} - interval '1 minute'`;
  return async (db, { everyone, except }) => {
    const { rows } = await db.query({
      name: `${t.schema}.mark-lost-workers`,
      text,
      values: [everyone, except],
    });
    return rows.map((row) => row['worker_id'] as number); // a bigint column, read as number
  };
}
