import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/**
 * Fails with SQLSTATE 25P01 unless a transaction is open, and has no effect if one is: LOCK is refused outside of a transaction, and this
 * is the lock on the table of tasks that storing one takes anyway, until the same commit. It conflicts with no other writer.
 */
export function requireTransaction(t: Tables): (tx: Connection) => Promise<void> {
  const text = `lock table ${t.tasks} in row exclusive mode`;
  return async (tx) => {
    await tx.query({ text });
  };
}
