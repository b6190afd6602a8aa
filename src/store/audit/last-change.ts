import type { Tables } from '../tables.ts';

/** The time at which something last happened in the task of the row that `task` names. */
export function lastChange(t: Tables): string {
  return `greatest(
             task.created_at, task.started_at,
             (select max(greatest(x.started_at, x.completed_at)) from ${t.workflow_steps} as x where x.task_id = task.task_id),
             (select max(x.finished_at) from ${t.step_attempts} as x where x.task_id = task.task_id),
             (select max(x.created_at) from ${t.operator_log} as x where x.task_id = task.task_id))`;
}
