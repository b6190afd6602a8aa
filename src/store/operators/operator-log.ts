import type { Json } from '../../kernel/json.ts';
import type { Connection } from '../../db/db.ts';
import type { StepStatus, TaskStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

export interface OperatorLogEntry {
  readonly taskId: number;
  /** The step that was acted on, or null for the task. */
  readonly position: number | null;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly fromStatus: StepStatus | TaskStatus | null;
  readonly toStatus: StepStatus | TaskStatus | null;
  /** `attempts` of the step at that moment. */
  readonly attempts: number | null;
  readonly details: Json;
}

/** Appends to the operator log, in the transaction of the action itself. */
export function appendOperatorLog(
  t: Tables,
): (db: Connection, entries: readonly OperatorLogEntry[]) => Promise<void> {
  const text = `
insert into ${t.operator_log} (task_id, position, created_at, action, actor, reason, from_status, to_status, attempts, details)
select (e->>0)::bigint, (e->>1)::int, ${t.clock}, e->>2, e->>3, e->>4, e->>5, e->>6, (e->>7)::int, nullif(e->8, 'null')
  from jsonb_array_elements($1::jsonb) as e`;
  return async (db, entries) => {
    const list = entries.map((e) => [
      e.taskId,
      e.position,
      e.action,
      e.actor,
      e.reason,
      e.fromStatus,
      e.toStatus,
      e.attempts,
      e.details,
    ]);
    await db.query({ text, values: [JSON.stringify(list)] });
  };
}

export interface OperatorLogRow extends OperatorLogEntry {
  readonly logId: number;
  readonly step: string | null;
  readonly createdAt: Date;
}

/** The log of one task, oldest first. Index: operator_log_task. */
export function listOperatorLog(
  t: Tables,
): (db: Connection, taskId: number) => Promise<readonly OperatorLogRow[]> {
  const text = `
select l.log_id, l.task_id, l.position, n.name as step, l.created_at, l.action, l.actor, l.reason, l.from_status, l.to_status, l.attempts, l.details
  from ${t.operator_log} as l
  left join ${t.tasks} as task on task.task_id = l.task_id
  left join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = l.position
 where l.task_id = $1
 order by l.log_id`;
  return async (db, taskId) => {
    const { rows } = await db.query({ text, values: [taskId] });
    return rows.map((row) => ({
      logId: row['log_id'] as number, // the statement's column types
      taskId: row['task_id'] as number,
      position: row['position'] as number | null,
      step: row['step'] as string | null,
      createdAt: row['created_at'] as Date,
      action: row['action'] as string,
      actor: row['actor'] as string,
      reason: row['reason'] as string,
      fromStatus: row['from_status'] as StepStatus | TaskStatus | null,
      toStatus: row['to_status'] as StepStatus | TaskStatus | null,
      attempts: row['attempts'] as number | null,
      details: row['details'] as Json,
    }));
  };
}
