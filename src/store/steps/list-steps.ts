import type { Json } from '../../kernel/json.ts';
import type { Connection, Row } from '../../db/db.ts';
import type { StepStatus } from '../../model/status.ts';
import { workflowStepId, type StoredError, type WorkflowStep } from '../../model/task.ts';
import type { Tables } from '../tables.ts';

/** The steps of a task in template order, each with its template and its place in the queue. Indexes: primary keys. */
export function listSteps(
  t: Tables,
): (db: Connection, taskId: number) => Promise<readonly WorkflowStep[]> {
  const text = `
select s.task_id, s.position, n.name, n.description, n.dependent_system, n.kind, n.queue, s.status, s.attempts,
       coalesce(s.retry_limit, n.retry_limit) as retry_limit, n.retryable, n.skippable, s.completed_at, s.started_at, r.ready_at,
       s.waiting_on, s.worker_id, coalesce(s.inputs, task.context) as inputs, s.results, s.error, n.parents, n.children
  from ${t.tasks} as task
  join ${t.workflow_steps} as s on s.task_id = task.task_id
  join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
  left join ${t.ready_steps} as r on r.task_id = s.task_id and r.position = s.position
 where task.task_id = $1
 order by s.position`;
  return async (db, taskId) => {
    const { rows } = await db.query({ name: `${t.schema}.list-steps`, text, values: [taskId] });
    const parentsOf = rows.map((row) => (row['parents'] as readonly number[]).join(',')); // an integer[] column
    return rows.map((row, index) => ({
      ...toStep(row),
      siblingIds: rows.flatMap((other, at) =>
        at !== index && parentsOf[at] === parentsOf[index]
          ? [idOf(other, other['position'] as number)]
          : [],
      ),
    }));
  };
}

function idOf(row: Row, position: number): number {
  return workflowStepId(row['task_id'] as number, position); // a bigint column, read as number
}

/** The casts name the column types of the statement above. */
function toStep(row: Row): Omit<WorkflowStep, 'siblingIds'> {
  const status = row['status'] as StepStatus;
  return {
    workflowStepId: idOf(row, row['position'] as number),
    taskId: row['task_id'] as number,
    position: row['position'] as number,
    name: row['name'] as string,
    description: row['description'] as string,
    dependentSystem: row['dependent_system'] as string,
    kind: row['kind'] as string,
    queue: row['queue'] as string,
    status,
    attempts: row['attempts'] as number,
    retryLimit: row['retry_limit'] as number,
    retryable: row['retryable'] as boolean,
    skippable: row['skippable'] as boolean,
    processed: status === 'complete' || status === 'skipped' || status === 'resolved_manually',
    inProcess: status === 'in_progress',
    processedAt: row['completed_at'] as Date | null,
    lastAttemptedAt: row['started_at'] as Date | null,
    readyAt: row['ready_at'] as Date | null,
    waitingOn: row['waiting_on'] as number,
    workerId: row['worker_id'] as number | null,
    inputs: row['inputs'] as Json,
    results: row['results'] as Json,
    error: row['error'] as StoredError | null,
    parentIds: (row['parents'] as readonly number[]).map((p) => idOf(row, p)),
    childIds: (row['children'] as readonly number[]).map((p) => idOf(row, p)),
  };
}
