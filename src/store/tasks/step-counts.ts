import type { Row } from '../../db/db.ts';
import { STEP_STATUSES, type StepStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

/**
 * What a task's steps look like in sum: a count per status, the latest moment, and a number that is another one after every write to
 * any of them (`changes`). For the `from` of a statement with the task as `task`. Index: primary key of workflow_steps.
 */
export function stepSummary(t: Tables): string {
  const counts = STEP_STATUSES.map(
    (status) => `count(*) filter (where step.status = '${status}')::int as steps_${status}`,
  );
  return `cross join lateral (
    select ${counts.join(',\n           ')},
           max(greatest(step.started_at, step.completed_at)) as steps_at,
           coalesce(sum(step.xmin::text::bigint), 0) as changes
      from ${t.workflow_steps} as step
     where step.task_id = task.task_id) as summary`;
}

/** Another text after every write to the task or to one of its steps: `summary` and `task` are the aliases. */
export const TASK_REVISION = `task.xmin::text || '.' || summary.changes as task_revision`;

/** Reads the counts. */
export function toStepCounts(row: Row): Readonly<Record<StepStatus, number>> {
  const count = (status: StepStatus): number => row[`steps_${status}`] as number; // int columns
  return {
    pending: count('pending'),
    in_progress: count('in_progress'),
    error: count('error'),
    complete: count('complete'),
    resolved_manually: count('resolved_manually'),
    cancelled: count('cancelled'),
    skipped: count('skipped'),
  };
}
