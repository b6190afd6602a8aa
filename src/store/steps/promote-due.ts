import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/**
 * Turns waiting rows whose time has come into claimable ones, and says when the next one is due (milliseconds from now, null when
 * none waits). Index: ready_steps_later. Locks: the chosen rows, skipping locked ones, so that workers share the work.
 */
export function promoteDue(
  t: Tables,
): (db: Connection) => Promise<{ readonly promoted: number; readonly nextInMs: number | null }> {
  const text = `
with promoted as (
  update ${t.ready_steps} set due = true
   where ctid = any (array(
           select ctid from ${t.ready_steps}
            where not due and ready_at <= ${t.clock}
            order by ready_at
            limit 1000
              for update skip locked))
  returning 1
)
select (select count(*)::int from promoted) as promoted,
       (select (extract(epoch from min(ready_at) - ${t.clock}) * 1000)::float8 from ${t.ready_steps}
         where not due and ready_at > ${t.clock}) as next_in_ms`;
  return async (db) => {
    const { rows } = await db.query({ name: `${t.schema}.promote-due`, text });
    const row = rows[0];
    // the statement's column types
    return {
      promoted: (row?.['promoted'] as number | undefined) ?? 0,
      nextInMs: (row?.['next_in_ms'] as number | null | undefined) ?? null,
    };
  };
}
