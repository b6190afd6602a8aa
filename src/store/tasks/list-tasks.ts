import type { Connection } from '../../db/db.ts';
import type { Task } from '../../model/task.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';
import { TASK_COLUMNS, toTask } from './read-task.ts';

export interface ListTasksRequest {
  readonly status: readonly TaskStatus[] | null;
  readonly name: string | null;
  readonly namespace: string | null;
  readonly tag: string | null;
  readonly initiator: string | null;
  readonly sourceSystem: string | null;
  readonly before: number | null;
  readonly limit: number;
}

/**
 * A page of tasks, newest first, by keyset. Indexes: tasks_open when only open statuses are asked for, tasks_failed_at when only
 * failed ones are, otherwise the primary key backwards (most tasks are complete, so a page is found at once).
 */
export function listTasks(
  t: Tables,
): (db: Connection, request: ListTasksRequest) => Promise<readonly Task[]> {
  const text = (extra: string): string => `
select ${TASK_COLUMNS}
  from ${t.tasks} as task join ${t.task_definitions} as d on d.definition_id = task.definition_id
 where ($1::text[] is null or task.status::text = any ($1)) and ($2::text is null or d.name = $2) and ($3::text is null or d.namespace = $3)
   and ($4::text is null or $4 = any (task.tags)) and ($5::text is null or task.initiator = $5)
   and ($6::text is null or task.source_system = $6) and ($7::bigint is null or task.task_id < $7)${extra}
 order by task.task_id desc
 limit $8`;
  const texts = {
    any: text(''),
    open: text(' and task.settled_at is null'),
    failed: text(' and task.failed_at is not null'),
  };
  return async (db, r) => {
    const { rows } = await db.query({
      text: texts[kindOf(r.status)],
      values: [
        r.status,
        r.name,
        r.namespace,
        r.tag,
        r.initiator,
        r.sourceSystem,
        r.before,
        r.limit,
      ],
    });
    return rows.map(toTask);
  };
}

function kindOf(status: readonly TaskStatus[] | null): 'any' | 'open' | 'failed' {
  if (status === null || status.length === 0) return 'any';
  if (status.every((s) => s === 'pending' || s === 'in_progress')) return 'open';
  return status.every((s) => s === 'error' || s === 'cancelled') ? 'failed' : 'any';
}
