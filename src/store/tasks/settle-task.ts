import type { Connection } from '../../db/db.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

/** What decides whether a task goes on, and how it ended. */
export interface TaskState {
  readonly taskId: number;
  readonly status: TaskStatus;
  readonly definitionId: number;
  readonly rank: number;
  readonly leavesLeft: number;
  /** Steps in progress. */
  readonly running: number;
  /** Steps in the ready queue, due or waiting for their time. */
  readonly queued: number;
  /** Pending steps that wait for nothing and are not in the queue, in template order. */
  readonly parked: readonly number[];
  readonly exhausted: number;
  readonly cancelled: number;
}

/**
 * Serialises everything that decides about whole tasks: operators' verbs and settling. An advisory lock, not the task's row lock,
 * because the hot path locks steps before tasks and never waits for this one. Held to the end of the transaction; in id order.
 */
export function lockTasks(
  t: Tables,
): (db: Connection, taskIds: readonly number[]) => Promise<void> {
  const text = `select pg_advisory_xact_lock(hashtextextended('${t.schema}', id)) from (select unnest($1::bigint[]) as id order by 1) as x`;
  return async (db, taskIds) => {
    await db.query({ text, values: [`{${taskIds.join(',')}}`] });
  };
}

/** The state of tasks, in one snapshot. To be read after lockTasks, in a statement of its own. Indexes: primary keys. */
export function taskStates(
  t: Tables,
): (db: Connection, taskIds: readonly number[]) => Promise<readonly TaskState[]> {
  const text = `
select task.task_id, task.status, task.definition_id, -task.priority as rank, task.leaves_left,
       count(*) filter (where s.status = 'in_progress')::int as running,
       count(r.task_id)::int as queued,
       coalesce(array_agg(s.position order by s.position)
                filter (where s.status = 'pending' and s.waiting_on = 0 and r.task_id is null), '{}') as parked,
       count(*) filter (where s.status = 'error' and r.task_id is null)::int as exhausted,
       count(*) filter (where s.status = 'cancelled')::int as cancelled
  from ${t.tasks} as task
  join ${t.workflow_steps} as s on s.task_id = task.task_id and s.task_id = any ($1::bigint[])
  left join ${t.ready_steps} as r on r.task_id = s.task_id and r.position = s.position and r.task_id = any ($1::bigint[])
 where task.task_id = any ($1::bigint[])
 group by task.task_id`;
  return async (db, taskIds) => {
    const { rows } = await db.query({
      name: `${t.schema}.task-states`,
      text,
      values: [`{${taskIds.join(',')}}`],
    });
    return rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      status: row['status'] as TaskStatus,
      definitionId: row['definition_id'] as number,
      rank: row['rank'] as number,
      leavesLeft: row['leaves_left'] as number,
      running: row['running'] as number,
      queued: row['queued'] as number,
      parked: row['parked'] as readonly number[],
      exhausted: row['exhausted'] as number,
      cancelled: row['cancelled'] as number,
    }));
  };
}

/** Moves a task to a status, only from one of the expected ones; false when it had another. Sets the times that belong to it. */
export function moveTask(
  t: Tables,
): (
  db: Connection,
  taskId: number,
  move: { readonly from: readonly TaskStatus[]; readonly to: TaskStatus },
) => Promise<boolean> {
  const text = `
with moved as (
  update ${t.tasks}
   set status = $3::${t.schema}.task_status,
       started_at = case when $3 = 'in_progress' then coalesce(started_at, ${t.clock}) else started_at end,
       settled_at = case when $3 in ('pending', 'in_progress') then null else ${t.clock} end,
       failed_at  = case when $3 in ('error', 'cancelled', 'resolved_manually') then ${t.clock} end
 where task_id = $1 and status::text = any ($2::text[])
  returning task_id
), opened as (
  insert into ${t.open_tasks} (task_id) select task_id from moved where $3 in ('pending', 'in_progress')
      on conflict (task_id) do nothing
), closed as (
  delete from ${t.open_tasks} where task_id in (select task_id from moved) and $3 not in ('pending', 'in_progress')
)
select task_id from moved`;
  return async (db, taskId, { from, to }) => {
    const { rows } = await db.query({ text, values: [taskId, from, to] });
    return rows.length === 1;
  };
}

/**
 * Open tasks with nothing running and nothing queued, among the next `limit` open tasks after `after`. Should always be empty.
 * `offset 0` keeps the two questions apart, each asked by key for one task after the other. Indexes: primary keys.
 */
export function findIdleTasks(
  t: Tables,
): (
  db: Connection,
  after: number,
  limit: number,
) => Promise<{ readonly idle: readonly number[]; readonly last: number | null }> {
  const text = `
with slice as materialized (
  select task_id from ${t.open_tasks} where task_id > $1 order by task_id limit $2
)
select (select max(task_id) from slice) as last,
       array(select task_id from slice as o
              where not exists (select from ${t.ready_steps} as r where r.task_id = o.task_id offset 0)
                and not exists (select from ${t.workflow_steps} as s where s.task_id = o.task_id and s.status = 'in_progress' offset 0)) as idle`;
  return async (db, after, limit) => {
    const { rows } = await db.query({ text, values: [after, limit] });
    // the statement's column types
    return {
      idle: (rows[0]?.['idle'] as readonly number[] | undefined) ?? [],
      last: (rows[0]?.['last'] as number | null | undefined) ?? null,
    };
  };
}
