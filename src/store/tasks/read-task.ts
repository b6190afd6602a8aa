import type { Json } from '../../kernel/json.ts';
import type { Connection, Row } from '../../db/db.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Task } from '../../model/task.ts';
import type { Tables } from '../tables.ts';

/** The columns of a task, for every statement that answers whole tasks (`task` and `d` are the aliases). */
export const TASK_COLUMNS = `
       task.task_id, d.namespace, d.name, d.version, task.definition_id, task.status, task.context, task.initiator, task.reason,
       task.source_system, task.tags, task.bypass_steps, task.priority, task.idempotency_key, task.requested_at, task.created_at,
       task.started_at, task.settled_at, greatest(task.created_at, task.started_at, task.settled_at) as updated_at, task.xmin::text as revision`;

/** Reads those columns; the casts name their types. */
export function toTask(row: Row): Task {
  return {
    taskId: row['task_id'] as number,
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    version: row['version'] as string,
    definitionId: row['definition_id'] as number,
    status: row['status'] as TaskStatus,
    complete: row['status'] === 'complete',
    context: row['context'] as Json,
    initiator: row['initiator'] as string,
    reason: row['reason'] as string,
    sourceSystem: row['source_system'] as string,
    tags: row['tags'] as readonly string[],
    bypassSteps: row['bypass_steps'] as readonly string[],
    priority: row['priority'] as number,
    idempotencyKey: row['idempotency_key'] as string | null,
    requestedAt: row['requested_at'] as Date,
    createdAt: row['created_at'] as Date,
    startedAt: row['started_at'] as Date | null,
    settledAt: row['settled_at'] as Date | null,
    updatedAt: row['updated_at'] as Date,
    revision: row['revision'] as string,
  };
}

/** One task, or null. Index: primary key. */
export function findTask(t: Tables): (db: Connection, taskId: number) => Promise<Task | null> {
  const text = `
select ${TASK_COLUMNS}
  from ${t.tasks} as task join ${t.task_definitions} as d on d.definition_id = task.definition_id
 where task.task_id = $1`;
  return async (db, taskId) => {
    const { rows } = await db.query({ name: `${t.schema}.find-task`, text, values: [taskId] });
    return rows[0] === undefined ? null : toTask(rows[0]);
  };
}

/** The tasks of these ids that exist, in no order. Index: primary key. */
export function findTasks(
  t: Tables,
): (db: Connection, taskIds: readonly number[]) => Promise<readonly Task[]> {
  const text = `
select ${TASK_COLUMNS}
  from ${t.tasks} as task join ${t.task_definitions} as d on d.definition_id = task.definition_id
 where task.task_id = any ($1::bigint[])`;
  return async (db, taskIds) => {
    const { rows } = await db.query({ text, values: [`{${taskIds.join(',')}}`] });
    return rows.map(toTask);
  };
}

/** Only the status: what a waiting caller asks again and again. Index: primary key. */
export function taskStatus(
  t: Tables,
): (db: Connection, taskId: number) => Promise<TaskStatus | null> {
  const text = `select status from ${t.tasks} where task_id = $1`;
  return async (db, taskId) => {
    const { rows } = await db.query({ name: `${t.schema}.task-status`, text, values: [taskId] });
    return (rows[0]?.['status'] as TaskStatus | undefined) ?? null; // the enum column
  };
}
