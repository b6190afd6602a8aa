import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** Changes reason and tags of a task; null leaves a field as it is. False when the task does not exist. */
export function editTask(
  t: Tables,
): (
  db: Connection,
  taskId: number,
  change: { readonly reason: string | null; readonly tags: readonly string[] | null },
) => Promise<boolean> {
  const text = `update ${t.tasks} set reason = coalesce($2, reason), tags = coalesce($3::text[], tags) where task_id = $1`;
  return async (db, taskId, { reason, tags }) => {
    const { rowCount } = await db.query({ text, values: [taskId, reason, tags] });
    return rowCount === 1;
  };
}
