import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import type { StepBefore } from './operator-moves.ts';

/** A step that was given further attempts, as it was before. */
export interface RenewedStep extends StepBefore {
  readonly retryLimit: number;
}

/**
 * Gives unfinished steps of a task (all of them when `positions` is null) as many attempts ahead as their templates give in all, and
 * makes them ask, when they finish, whether the task is over. Counted in the statement, with the step locked: a run that begins or
 * fails meanwhile cannot make the limit stale. Locks: the steps in position order. Indexes: primary keys.
 */
export function renewAttempts(
  t: Tables,
): (
  db: Connection,
  taskId: number,
  positions: readonly number[] | null,
) => Promise<readonly RenewedStep[]> {
  const text = `
with held as materialized (
  select position, status, attempts
    from ${t.workflow_steps}
   where task_id = $1 and status in ('pending', 'in_progress', 'error') and ($2::int[] is null or position = any ($2))
   order by position
     for update
)
update ${t.workflow_steps} as s
   set retry_limit = s.attempts + n.retry_limit, settles = true
  from held as h, ${t.tasks} as task, ${t.named_steps} as n
 where s.task_id = $1 and s.position = h.position and task.task_id = $1 and n.definition_id = task.definition_id and n.position = h.position
returning s.position, h.status, s.attempts, s.retry_limit`;
  return async (db, taskId, positions) => {
    const { rows } = await db.query({
      text,
      values: [taskId, positions === null ? null : `{${positions.join(',')}}`],
    });
    return rows
      .map((row) => ({
        position: row['position'] as number, // the statement's column types
        status: row['status'] as StepBefore['status'],
        attempts: row['attempts'] as number,
        retryLimit: row['retry_limit'] as number,
      }))
      .toSorted((a, b) => a.position - b.position);
  };
}
