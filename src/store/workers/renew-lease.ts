import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** The text of the heartbeat: `$1` worker id, `$2` lease in milliseconds. No row updated means that the worker was declared lost. */
export function renewLeaseText(t: Tables): string {
  return `
update ${t.workers}
   set heartbeat_at = ${t.clock}, lease_expires_at = ${t.clock} + $2::float8 * interval '1 millisecond'
 where worker_id = $1 and lost_at is null and stopped_at is null`;
}

/** Renews a worker's lease; false when the worker was declared lost (or stopped). One row, whatever the number of steps. */
export function renewLease(
  t: Tables,
): (db: Connection, workerId: number, leaseMs: number) => Promise<boolean> {
  const text = renewLeaseText(t);
  return async (db, workerId, leaseMs) => {
    const { rowCount } = await db.query({
      name: `${t.schema}.renew-lease`,
      text,
      values: [workerId, leaseMs],
    });
    return rowCount === 1;
  };
}
