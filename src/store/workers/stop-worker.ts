import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Records that a worker stopped by itself and holds nothing any more. */
export function stopWorker(t: Tables): (db: Connection, workerId: number) => Promise<void> {
  const text = `update ${t.workers} set stopped_at = ${t.clock} where worker_id = $1 and stopped_at is null`;
  return async (db, workerId) => {
    await db.query({ text, values: [workerId] });
  };
}
