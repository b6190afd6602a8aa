import type { Connection, Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Workers of the last day, newest first, at most 200. `silent` means that the lease has lapsed and nobody has noticed yet. */
export function listWorkers(t: Tables): (db: Connection) => Promise<readonly Row[]> {
  const text = `
select worker_id, name, hostname, pid, version, queues, slots, started_at, heartbeat_at,
       case when stopped_at is not null then 'stopped' when lost_at is not null then 'lost'
            when lease_expires_at < ${t.clock} then 'silent' else 'alive' end as state
  from ${t.workers}
 where heartbeat_at > ${t.clock} - interval '1 day'
 order by worker_id desc
 limit 200`;
  return async (db) => (await db.query({ text })).rows;
}
