import type { Json } from '../../kernel/json.ts';
import type { Connection, Row } from '../../db/db.ts';
import type { StepStatus } from '../../model/status.ts';
import { workflowStepId, type StoredError, type WorkflowStep } from '../../model/task.ts';
import type { Tables } from '../tables.ts';

/**
 * The steps of tasks, each task's in template order, with their templates and their places in the queue: one statement for any number
 * of tasks. A task that does not exist has no entry. Indexes: primary keys.
 */
export function listSteps(
  t: Tables,
): (
  db: Connection,
  taskIds: readonly number[],
) => Promise<ReadonlyMap<number, readonly WorkflowStep[]>> {
  const text = `
select s.task_id, s.position, n.definition_id, n.name, n.description, n.dependent_system, n.kind, n.queue, s.status, s.attempts,
       coalesce(s.retry_limit, n.retry_limit) as retry_limit, n.retryable, n.skippable, s.completed_at, s.started_at, r.ready_at,
       s.waiting_on, s.worker_id, coalesce(s.inputs, task.context) as inputs, s.results, s.error, n.parents, n.children,
       s.xmin::text as revision
  from unnest($1::bigint[]) as asked (task_id)
  join ${t.tasks} as task on task.task_id = asked.task_id
  join ${t.workflow_steps} as s on s.task_id = task.task_id
  join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
  left join ${t.ready_steps} as r on r.task_id = s.task_id and r.position = s.position
 order by s.task_id, s.position`;
  return async (db, taskIds) => {
    const { rows } = await db.query({
      name: `${t.schema}.list-steps`,
      text,
      values: [`{${[...new Set(taskIds)].join(',')}}`],
    });
    const byTask = new Map<number, Row[]>();
    for (const row of rows) {
      const taskId = row['task_id'] as number; // a bigint column, read as number
      const list = byTask.get(taskId);
      if (list) list.push(row);
      else byTask.set(taskId, [row]);
    }
    return new Map([...byTask].map(([taskId, list]) => [taskId, toSteps(list)]));
  };
}

/** The rows of one task, which together say who has the same parents. */
function toSteps(rows: readonly Row[]): readonly WorkflowStep[] {
  const parentsOf = rows.map((row) => (row['parents'] as readonly number[]).join(',')); // an integer[] column
  const withParents = new Map<string, Row[]>();
  rows.forEach((row, at) => {
    const key = parentsOf[at] ?? '';
    const list = withParents.get(key);
    if (list) list.push(row);
    else withParents.set(key, [row]);
  });
  return rows.map((row, at) => ({
    ...toStep(row),
    siblingIds: (withParents.get(parentsOf[at] ?? '') ?? []).flatMap((other) =>
      other === row ? [] : [idOf(other, other['position'] as number)],
    ),
  }));
}

function idOf(row: Row, position: number): number {
  return workflowStepId(row['task_id'] as number, position); // a bigint column, read as number
}

/** The casts name the column types of the statement above. */
function toStep(row: Row): Omit<WorkflowStep, 'siblingIds'> {
  const status = row['status'] as StepStatus;
  return {
    workflowStepId: idOf(row, row['position'] as number),
    namedStepId: workflowStepId(row['definition_id'] as number, row['position'] as number), // made alike, of its definition
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
    revision: row['revision'] as string,
  };
}
