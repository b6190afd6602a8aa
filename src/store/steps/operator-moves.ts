import type { Connection } from '../../db/db.ts';
import type { StepStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

export interface StepBefore {
  readonly position: number;
  readonly status: StepStatus;
  readonly attempts: number;
}

/**
 * Cancels unfinished steps of a task (all of them when `positions` is null): running attempts go to the history, queue rows go.
 * Answers each step as it was before. Locks: the queue rows, the steps in position order, then queue rows that came meanwhile.
 *
 * Statements of one transaction. The queue rows go first, as in a claim, which holds a queue row while it waits for its step: in the
 * other order the two would wait for each other. The second may have waited for a statement that put a step into the queue, and would
 * not see its row; the third does, and the steps' locks keep others from adding more.
 */
export function cancelSteps(
  t: Tables,
): (
  db: Connection,
  taskId: number,
  positions: readonly number[] | null,
) => Promise<readonly StepBefore[]> {
  const text = `
with before as materialized (
  select position, status, attempts, worker_id, started_at
    from ${t.workflow_steps}
   where task_id = $1 and status in ('pending', 'in_progress', 'error') and ($2::int[] is null or position = any ($2))
   order by position
     for update
), cancelled as (
  update ${t.workflow_steps} as s set status = 'cancelled', worker_id = null
    from before as b where s.task_id = $1 and s.position = b.position
), history as (
  insert into ${t.step_attempts} (task_id, position, attempt, worker_id, outcome, started_at, finished_at)
  select $1, position, attempts, worker_id, 'cancelled', started_at, greatest(started_at, ${t.clock}) from before where status = 'in_progress'
)
select position, status, attempts from before order by position`;
  const dequeueFirst = `
delete from ${t.ready_steps} where task_id = $1 and ($2::int[] is null or position = any ($2))`;
  const dequeue = `
delete from ${t.ready_steps} as r
 using ${t.workflow_steps} as s
 where r.task_id = $1 and s.task_id = r.task_id and s.position = r.position and s.status = 'cancelled'`;
  return async (db, taskId, positions) => {
    const values = [taskId, positions === null ? null : `{${positions.join(',')}}`];
    await db.query({ text: dequeueFirst, values });
    const { rows } = await db.query({ text, values });
    await db.query({ text: dequeue, values: [taskId] });
    return rows.map((row) => ({
      position: row['position'] as number, // the statement's column types
      status: row['status'] as StepStatus,
      attempts: row['attempts'] as number,
    }));
  };
}

/** Makes every unfinished step of a task ask, when it finishes, whether the task is over. */
export function markSettles(t: Tables): (db: Connection, taskId: number) => Promise<void> {
  const text = `
update ${t.workflow_steps} set settles = true
 where task_id = $1 and not settles and status in ('pending', 'in_progress', 'error')`;
  return async (db, taskId) => {
    await db.query({ text, values: [taskId] });
  };
}

/**
 * Lets failed steps run again: each goes back to `pending` with a new limit, out of the queue if it waits there. The caller then
 * settles the task, which puts what may run into the queue. Guard: the steps are in `error`; when the answer is less than asked, the
 * caller undoes the transaction. Locks: the queue rows, then the steps, as a claim does.
 */
export function reopenSteps(
  t: Tables,
): (
  db: Connection,
  taskId: number,
  limits: readonly { readonly position: number; readonly retryLimit: number }[],
) => Promise<number> {
  const text = `
with asked as materialized (
  select (e->>0)::int as position, (e->>1)::int as retry_limit from jsonb_array_elements($2::jsonb) as e order by 1
), dequeued as (
  delete from ${t.ready_steps} as r using asked as a where r.task_id = $1 and r.position = a.position
  returning r.position
), reopened as (
  update ${t.workflow_steps} as s set status = 'pending', retry_limit = a.retry_limit
    from asked as a
   where s.task_id = $1 and s.position = a.position and s.status = 'error' and (select count(*) from dequeued) >= 0
  returning s.position
)
select position from reopened`;
  return async (db, taskId, limits) => {
    const { rowCount } = await db.query({
      text,
      values: [taskId, JSON.stringify(limits.map((l) => [l.position, l.retryLimit]))],
    });
    return rowCount;
  };
}

/**
 * Marks a step as done by hand and unlocks its children, as a completion would. Guard: pending or error, waiting for nothing.
 * Answers false when the guard did not hold; the caller then undoes the transaction. Locks: the queue row and the step, as a claim does,
 * then the children in order, then the task.
 */
export function resolveStep(t: Tables): (
  db: Connection,
  step: {
    readonly taskId: number;
    readonly position: number;
    readonly resultText: string;
    readonly children: readonly number[];
  },
) => Promise<boolean> {
  const text = `
with dequeued as (
  delete from ${t.ready_steps} where task_id = $1 and position = $2
  returning position
), resolved as (
  update ${t.workflow_steps}
     set status = 'resolved_manually', results = $3::jsonb, completed_at = ${t.clock}
   where task_id = $1 and position = $2 and status in ('pending', 'error') and waiting_on = 0 and (select count(*) from dequeued) >= 0
  returning task_id
), opened as (
  update ${t.workflow_steps} as s set waiting_on = s.waiting_on - 1
    from (select unnest($4::int[]) as position order by 1) as c
   where s.task_id = $1 and s.position = c.position and s.status = 'pending' and exists (select from resolved)
), leaf as (
  update ${t.tasks} set leaves_left = leaves_left - 1
   where task_id = $1 and $4::int[] = '{}' and exists (select from resolved)
)
select task_id from resolved`;
  return async (db, { taskId, position, resultText, children }) => {
    const { rows } = await db.query({
      text,
      values: [taskId, position, resultText, `{${children.join(',')}}`],
    });
    return rows.length === 1;
  };
}

/** Changes what an operator may edit of a step that has not finished. Null leaves a field as it is; a revision of null is any. */
export function editStep(t: Tables): (
  db: Connection,
  step: {
    readonly taskId: number;
    readonly position: number;
    readonly inputsText: string | null;
    readonly retryLimit: number | null;
    readonly revision: string | null;
  },
) => Promise<boolean> {
  const text = `
update ${t.workflow_steps}
   set inputs = coalesce($3::jsonb, inputs), retry_limit = coalesce($4, retry_limit)
 where task_id = $1 and position = $2 and status in ('pending', 'in_progress', 'error') and ($5::text is null or xmin::text = $5)`;
  return async (db, { taskId, position, inputsText, retryLimit, revision }) => {
    const { rowCount } = await db.query({
      text,
      values: [taskId, position, inputsText, retryLimit, revision],
    });
    return rowCount === 1;
  };
}

/** Puts pending steps that wait for nothing into the queue. A step that is there already stays where it is. */
export function enqueueSteps(
  t: Tables,
): (
  db: Connection,
  task: { readonly taskId: number; readonly definitionId: number; readonly rank: number },
  steps: readonly { readonly position: number; readonly queue: string }[],
) => Promise<number> {
  const text = `
insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
select $1, (e->>0)::int, $2, $3, e->>1, ${t.clock}, true from jsonb_array_elements($4::jsonb) as e
    on conflict (task_id, position) do nothing`;
  return async (db, task, steps) => {
    const { rowCount } = await db.query({
      name: `${t.schema}.enqueue-steps`,
      text,
      values: [
        task.taskId,
        task.definitionId,
        task.rank,
        JSON.stringify(steps.map((s) => [s.position, s.queue])),
      ],
    });
    return rowCount;
  };
}
