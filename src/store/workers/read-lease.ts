import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What the database says of one worker's registration: its lease holds, has lapsed, or others have its steps. Index: primary key. */
export function readLease(
  t: Tables,
): (db: Connection, workerId: number) => Promise<'held' | 'lapsed' | 'lost'> {
  const text = `
select lost_at is not null or stopped_at is not null as is_lost, lease_expires_at >= ${t.clock} as is_held
  from ${t.workers} where worker_id = $1`;
  return async (db, workerId) => {
    const { rows } = await db.query({ text, values: [workerId] });
    const [row] = rows;
    if (row === undefined || row['is_lost'] === true) return 'lost';
    return row['is_held'] === true ? 'held' : 'lapsed';
  };
}
