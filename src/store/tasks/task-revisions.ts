import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { stepSummary, TASK_REVISION } from './step-counts.ts';

/** Enough of a task to tell that it changed. */
export interface TaskRevision {
  readonly taskId: number;
  /** Not settled. */
  readonly isOpen: boolean;
  /** Another text after every write to the task or to one of its steps. */
  readonly revision: string;
}

/**
 * The revisions of these tasks, of the `newest` newest ones and of as many newest open ones, in order of id.
 * Indexes: primary keys, those of tasks and open_tasks also backwards.
 */
export function taskRevisions(
  t: Tables,
): (
  db: Connection,
  asked: { readonly taskIds: readonly number[]; readonly newest: number },
) => Promise<readonly TaskRevision[]> {
  const text = `
with asked as materialized (
  select unnest($1::bigint[]) as task_id
  union
  (select task_id from ${t.tasks} order by task_id desc limit $2)
  union
  (select task_id from ${t.open_tasks} order by task_id desc limit $2)
)
select task.task_id, task.settled_at is null as is_open, ${TASK_REVISION}
  from asked
  join ${t.tasks} as task on task.task_id = asked.task_id
  ${stepSummary(t)}
 order by task.task_id`;
  return async (db, { taskIds, newest }) => {
    const { rows } = await db.query({
      name: `${t.schema}.task-revisions`,
      text,
      values: [`{${taskIds.join(',')}}`, newest],
    });
    return rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      isOpen: row['is_open'] as boolean,
      revision: row['task_revision'] as string,
    }));
  };
}
