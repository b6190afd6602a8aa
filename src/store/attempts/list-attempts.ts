import type { Connection } from '../../db/db.ts';
import type { Attempt, AttemptOutcome, StoredError } from '../../model/task.ts';
import type { Tables } from '../tables.ts';

/**
 * Every attempt of a task's steps, oldest first: past ones from the history, and the current or successful one from the step row,
 * which is where it lives. Indexes: primary keys.
 */
export function listAttempts(
  t: Tables,
): (db: Connection, taskId: number) => Promise<readonly Attempt[]> {
  const text = `
select a.task_id, n.name, a.attempt, a.outcome::text as outcome, a.worker_id, a.started_at, a.finished_at, a.error
  from ${t.step_attempts} as a
  join ${t.tasks} as task on task.task_id = a.task_id
  join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = a.position
 where a.task_id = $1
union all
select s.task_id, n.name, s.attempts, case s.status when 'in_progress' then 'running' else 'success' end, s.worker_id,
       s.started_at, s.completed_at, null
  from ${t.workflow_steps} as s
  join ${t.tasks} as task on task.task_id = s.task_id
  join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
 where s.task_id = $1 and s.status in ('in_progress', 'complete')
 order by started_at, name, attempt`;
  return async (db, taskId) => {
    const { rows } = await db.query({ text, values: [taskId] });
    return rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      step: row['name'] as string,
      attempt: row['attempt'] as number,
      outcome: row['outcome'] as AttemptOutcome,
      workerId: row['worker_id'] as number | null,
      startedAt: row['started_at'] as Date,
      finishedAt: row['finished_at'] as Date | null,
      error: row['error'] as StoredError | null,
    }));
  };
}
