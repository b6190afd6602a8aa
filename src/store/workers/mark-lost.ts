import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Workers whose steps are to be given back. */
export interface LostWorkers {
  readonly workerIds: readonly number[];
  /** True when this very call declared one of them lost. */
  readonly isNews: boolean;
}

/**
 * Declares workers lost whose lease has lapsed (with `everyone`: all that have not stopped, for a database that only one process can
 * have open), except the one who asks: whoever can ask is alive. Answers every worker that was declared lost or that stopped in the
 * last minute: a statement that was under way at that moment may have claimed for it a little later, so its steps are looked for
 * more than once. Locks: the lapsed workers' rows.
 */
export function markLostWorkers(
  t: Tables,
): (
  db: Connection,
  options: { readonly everyone: boolean; readonly except: number },
) => Promise<LostWorkers> {
  const text = `
with lapsed as (
  update ${t.workers}
     set lost_at = ${t.clock}
   where worker_id <> $2 and lost_at is null and stopped_at is null and ($1::boolean or lease_expires_at < ${t.clock})
  returning worker_id
)
select worker_id, true as is_news from lapsed
union all
select worker_id, false
  from ${t.workers}
 where lost_at > ${t.clock} - interval '1 minute' or stopped_at > ${t.clock} - interval '1 minute'`;
  return async (db, { everyone, except }) => {
    const { rows } = await db.query({
      name: `${t.schema}.mark-lost-workers`,
      text,
      values: [everyone, except],
    });
    return {
      workerIds: rows.map((row) => row['worker_id'] as number), // a bigint column, read as number
      isNews: rows.some((row) => row['is_news'] === true),
    };
  };
}
