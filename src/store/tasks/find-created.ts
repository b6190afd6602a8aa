import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/**
 * For each moment, given as such or as so long ago, the id from which on tasks were created then or later: a search by halves over the primary key, some forty look-ups.
 *
 * It takes ids to grow with the time of creation, which holds but for what runs at once: an id is drawn after the statement's moment,
 * within a lock timeout of it. So callers ask with a margin to both sides, and compare the times of what they find.
 */
export function findCreated(
  t: Tables,
): (
  db: Connection,
  moments: readonly (Date | { readonly agoMs: number })[],
) => Promise<readonly number[]> {
  const text = `
with recursive halves (ord, at, low, high) as (
  select m.ord, coalesce(m.at, ${t.clock} - m.ago * interval '1 millisecond'), (select min(task_id) from ${t.tasks}) - 1, (select max(task_id) from ${t.tasks}) + 1
    from unnest($1::timestamptz[], $2::float8[]) with ordinality as m (at, ago, ord)
   union all
  select h.ord, h.at, case when m.created_at < h.at then m.task_id else h.low end,
         case when m.created_at < h.at then h.high else (h.low + h.high) / 2 end
    from halves as h
    left join lateral (select task_id, created_at from ${t.tasks}
                        where task_id >= (h.low + h.high) / 2 and task_id < h.high order by task_id limit 1) as m on true
   where h.high - h.low > 1
)
select coalesce(min(high), 0) as task_id from halves group by ord order by ord`;
  return async (db, moments) => {
    const { rows } = await db.query({
      text,
      values: [
        moments.map((m) => (m instanceof Date ? m : null)),
        moments.map((m) => (m instanceof Date ? null : m.agoMs)),
      ],
    });
    return rows.map((row) => row['task_id'] as number); // a bigint column, read as number
  };
}
