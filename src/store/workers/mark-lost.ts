import type { Connection, Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Workers whose steps are to be given back. */
export interface LostWorkers {
  readonly workerIds: readonly number[];
  /** True when this very call declared one of them lost. */
  readonly isNews: boolean;
  /** Those of them that were gone a minute ago: no statement of theirs can be under way any more. */
  readonly longGone: readonly number[];
}

/**
 * Declares workers lost whose lease has lapsed (with `everyone`: all that have not stopped, for a database that only one process can
 * have open), except the one who asks: whoever can ask is alive. Answers every worker that was declared lost or that stopped, until it
 * is known to hold nothing (`emptied_at`): who declared it lost may have died before it gave the steps back, and a statement that was
 * under way at that moment may have claimed for it a little later. Index: the workers that are not emptied. Locks: the lapsed workers' rows.
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
     and emptied_at is null
  returning worker_id
)
select worker_id, true as is_news, false as is_long_gone from lapsed
union all
select worker_id, false, greatest(lost_at, stopped_at) < ${t.clock} - interval '1 minute'
  from ${t.workers}
 where emptied_at is null and (lost_at is not null or stopped_at is not null)`;
  return async (db, { everyone, except }) => {
    const { rows } = await db.query({
      name: `${t.schema}.mark-lost-workers`,
      text,
      values: [everyone, except],
    });
    const idsOf = (some: readonly Row[]): readonly number[] =>
      some.map((row) => row['worker_id'] as number); // a bigint column, read as number
    return {
      workerIds: idsOf(rows),
      isNews: rows.some((row) => row['is_news'] === true),
      longGone: idsOf(rows.filter((row) => row['is_long_gone'] === true)),
    };
  };
}
