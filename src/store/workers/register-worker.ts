import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

export interface NewWorker {
  readonly name: string;
  readonly hostname: string;
  readonly pid: number;
  readonly version: string;
  readonly queues: readonly string[];
  readonly slots: number;
  readonly leaseMs: number;
}

/** Registers a worker with a fresh lease; answers its id. */
export function registerWorker(t: Tables): (db: Connection, worker: NewWorker) => Promise<number> {
  const text = `
insert into ${t.workers} (name, hostname, pid, version, queues, slots, started_at, heartbeat_at, lease_expires_at)
values ($1, $2, $3, $4, $5, $6, ${t.clock}, ${t.clock}, ${t.clock} + $7::float8 * interval '1 millisecond')
returning worker_id`;
  return async (db, w) => {
    const { rows } = await db.query({
      text,
      values: [w.name, w.hostname, w.pid, w.version, w.queues, w.slots, w.leaseMs],
    });
    return rows[0]?.['worker_id'] as number; // an identity column of the row just inserted
  };
}
