import type { Connection } from '../../db/db.ts';
import type { StepStatus } from '../../model/status.ts';
import type { Task } from '../../model/task.ts';
import type { Tables } from '../tables.ts';
import { TASK_COLUMNS, toTask } from './read-task.ts';
import { stepSummary, TASK_REVISION, toStepCounts } from './step-counts.ts';

/** A task and how far its steps are, seen in one moment. */
export interface TaskProgress {
  readonly task: Task;
  readonly steps: Readonly<Record<StepStatus, number>>;
  /** The latest moment on the task and its steps. */
  readonly changedAt: Date;
  /** Another text after every write to the task or to one of its steps. */
  readonly revision: string;
}

/** Tasks by id with the counts of their steps, in order of id; unknown ids are left out. Indexes: primary keys. */
export function taskProgress(
  t: Tables,
): (db: Connection, taskIds: readonly number[]) => Promise<readonly TaskProgress[]> {
  const text = `
select ${TASK_COLUMNS}, summary.*, ${TASK_REVISION},
       greatest(task.created_at, task.started_at, task.settled_at, summary.steps_at) as changed_at
  from ${t.tasks} as task
  join ${t.task_definitions} as d on d.definition_id = task.definition_id
  ${stepSummary(t)}
 where task.task_id = any ($1::bigint[])
 order by task.task_id`;
  return async (db, taskIds) => {
    const { rows } = await db.query({
      name: `${t.schema}.task-progress`,
      text,
      values: [`{${taskIds.join(',')}}`],
    });
    return rows.map((row) => ({
      task: toTask(row),
      steps: toStepCounts(row),
      changedAt: row['changed_at'] as Date, // the statement's column types
      revision: row['task_revision'] as string,
    }));
  };
}
