import type { Connection, Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What is in the database at one moment, as far as a monitor wants to know. */
export interface Gauges {
  /** At most 200 queues. */
  readonly queues: readonly {
    readonly queue: string;
    readonly ready: number;
    readonly oldestSeconds: number;
  }[];
  readonly waitingSteps: number;
  readonly openTasks: number;
  readonly failedTasks: number;
  readonly workersAlive: number;
}

/**
 * Counts what waits, runs and failed, in one statement. Every count stops at `most` rows, so that its cost does not grow with a
 * backlog. Indexes: ready_steps_next (the queues are found by skipping from one to the next), ready_steps_later,
 * tasks_failed_at; the workers and the first open tasks are read as they lie.
 */
export function readGauges(t: Tables): (db: Connection, most: number) => Promise<Gauges> {
  const text = `
with recursive queues as (
  (select queue from ${t.ready_steps} where due order by queue limit 1)
  union all
  select (select r.queue from ${t.ready_steps} as r where r.due and r.queue > q.queue order by r.queue limit 1)
    from queues as q
   where q.queue is not null
), ready as (
  select q.queue, c.ready, c.oldest
    from (select queue from queues where queue is not null limit 200) as q
   cross join lateral (
         select count(*)::int as ready, date_part('epoch', ${t.clock} - min(x.ready_at)) as oldest
           from (select r.ready_at
                   from ${t.ready_steps} as r
                  where r.queue = q.queue and r.due
                  order by r.rank, r.task_id, r.position
                  limit $1) as x) as c
)
select (select coalesce(json_agg(json_build_array(queue, ready, greatest(oldest, 0))), '[]') from ready) as queues,
       (select count(*)::int from (select from ${t.ready_steps} where not due limit $1) as x) as waiting_steps,
       (select count(*)::int from (select from ${t.open_tasks} limit $1) as x) as open_tasks,
       (select (count(*) filter (where status = 'error'))::int
          from (select status from ${t.tasks} where failed_at is not null order by task_id desc limit $1) as x) as failed_tasks,
       (select count(*)::int
          from ${t.workers}
         where stopped_at is null and lost_at is null and lease_expires_at >= ${t.clock}) as workers_alive`;
  return async (db, most) => {
    const { rows } = await db.query({ text, values: [most] });
    return toGauges(rows[0] ?? {});
  };
}

function toGauges(row: Row): Gauges {
  const queues = row['queues'] as readonly (readonly [string, number, number])[]; // made by the statement itself
  return {
    queues: queues.map(([queue, ready, oldestSeconds]) => ({ queue, ready, oldestSeconds })),
    waitingSteps: Number(row['waiting_steps']),
    openTasks: Number(row['open_tasks']),
    failedTasks: Number(row['failed_tasks']),
    workersAlive: Number(row['workers_alive']),
  };
}
