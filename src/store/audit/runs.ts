import type { Tables } from '../tables.ts';
import { SINCE } from './law.ts';

/**
 * A query for the runs of every step, past and current: (task_id, position, attempt, outcome, started_at, finished_at, retry_at).
 * The past ones come from the history, the current or successful one from the step row; its outcome is null while it runs.
 *
 * @param fewest leaves out the current run of steps that have had fewer attempts: 2 when only pairs of runs matter, because nearly
 *   every step of a healthy database has exactly one
 */
export function runs(t: Tables, fewest: 1 | 2): string {
  return `
    select task_id, position, attempt, outcome::text as outcome, started_at, finished_at, retry_at
      from ${t.step_attempts}
     where task_id >= ${SINCE}
     union all
    select task_id, position, attempts, case status when 'complete' then 'success' end, started_at, completed_at, null
      from ${t.workflow_steps}
     where task_id >= ${SINCE}
       and status in ('in_progress', 'complete')
       and attempts >= ${fewest}`;
}
