import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/**
 * Changes reason and tags of a task; null leaves a field as it is. False when the task does not exist, or is not as this revision (null:
 * any) says. The revision is compared in the statement that writes, so that of two changes with one revision only the first is made.
 */
export function editTask(t: Tables): (
  db: Connection,
  taskId: number,
  change: {
    readonly reason: string | null;
    readonly tags: readonly string[] | null;
    readonly revision: string | null;
  },
) => Promise<boolean> {
  const text = `
update ${t.tasks} set reason = coalesce($2, reason), tags = coalesce($3::text[], tags)
 where task_id = $1 and ($4::text is null or xmin::text = $4)`;
  return async (db, taskId, { reason, tags, revision }) => {
    const { rowCount } = await db.query({ text, values: [taskId, reason, tags, revision] });
    return rowCount === 1;
  };
}
