import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { toClaimedTask, type ClaimedTask } from './claimed-step.ts';

/** Reads what handlers must know of tasks, for steps that were taken on after this worker forgot the task. Index: primary key. */
export function loadTasks(
  t: Tables,
): (db: Connection, taskIds: readonly number[]) => Promise<ReadonlyMap<number, ClaimedTask>> {
  const text = `
select task_id, context, initiator, reason, source_system, tags, bypass_steps, trace_context,
       date_part('epoch', requested_at) * 1000 as requested_at
  from ${t.tasks} where task_id = any ($1::bigint[])`;
  return async (db, taskIds) => {
    const { rows } = await db.query({
      name: `${t.schema}.load-tasks`,
      text,
      values: [`{${taskIds.join(',')}}`],
    });
    return new Map(rows.map((row) => [row['task_id'] as number, toClaimedTask(row)])); // a bigint column, read as number
  };
}
