import type { Connection } from '../../../db/db.ts';
import type { Tables } from '../../tables.ts';

/** One queue that holds steps. */
export interface QueueFacts {
  readonly queue: string;
  /** Steps that may be claimed now. */
  readonly due: number;
  /** How long the first of them has been waiting; null when none is due. */
  readonly oldestDueMs: number | null;
  /** Steps that wait for their retry. */
  readonly later: number;
  /** When the next of them is due; null when none waits. */
  readonly nextInMs: number | null;
  /** Workers of this queue whose lease is valid. */
  readonly workers: number;
}

/** Reads the queue table as a whole: it holds only what waits. */
export async function readQueues(db: Connection, t: Tables): Promise<readonly QueueFacts[]> {
  const { rows } = await db.query({
    text: `
select q.queue,
       count(*) filter (where q.ready_at <= ${t.clock})::int as due,
       (extract(epoch from ${t.clock} - min(q.ready_at) filter (where q.ready_at <= ${t.clock})) * 1000)::float8 as oldest_due_ms,
       count(*) filter (where q.ready_at > ${t.clock})::int as later,
       (extract(epoch from min(q.ready_at) filter (where q.ready_at > ${t.clock}) - ${t.clock}) * 1000)::float8 as next_in_ms,
       (select count(*)::int
          from ${t.workers} as w
         where q.queue = any (w.queues) and w.stopped_at is null and w.lost_at is null and w.lease_expires_at >= ${t.clock}) as workers
  from ${t.ready_steps} as q
 group by q.queue
 order by q.queue`,
  });
  return rows.map((row) => ({
    queue: String(row['queue']),
    due: Number(row['due']),
    oldestDueMs: numberOrNull(row['oldest_due_ms']),
    later: Number(row['later']),
    nextInMs: numberOrNull(row['next_in_ms']),
    workers: Number(row['workers']),
  }));
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
