import type { Connection } from '../../db/db.ts';
import { jsonRows } from '../json-rows.ts';
import type { Tables } from '../tables.ts';

/** One run that did not succeed. */
export interface Failure {
  readonly taskId: number;
  readonly position: number;
  /** The fencing token of the run. */
  readonly attempts: number;
  /** The worker that holds the step. */
  readonly workerId: number;
  readonly outcome: 'error' | 'timeout' | 'lost' | 'cancelled';
  /** JSON text that has passed the gate. */
  readonly errorText: string;
  /** Milliseconds until the next attempt, if the limit leaves one; null when none follows whatever the limit. */
  readonly retryInMs: number | null;
  /** Attempts in all by the definition. One that an operator has set counts instead, also if it was set during the run. */
  readonly limit: number;
  readonly definitionId: number;
  readonly rank: number;
  readonly queue: string;
}

export interface FailAnswer {
  /** The failures that were recorded; the others were refused, because the step was no longer the worker's. */
  readonly recorded: readonly {
    readonly taskId: number;
    readonly position: number;
    readonly retryAt: Date | null;
  }[];
}

/**
 * Records runs that did not succeed: the attempt goes to the history, the step to `error`, a retry into the queue with its time.
 *
 * I1: the same fence as in advance-steps. `requireAlive` is false only for the reaper, which has locked the lost worker's row.
 * I2: when a step is exhausted, every unfinished step of its task gets `settles`, in this statement: so whoever finishes one of them
 *     later learns that the task may be over, and no row of the task itself is touched while it runs. (An operator who lowers a limit
 *     sets `settles` at once, so that nothing is missed between the two.)
 * I3: the worker says when the next attempt may start, this statement whether there is one: by the limit as it is now.
 * I4: where one may be exhausted, the steps that are to be marked are locked with the own ones, all in (task_id, position) order,
 *     before any is changed: two steps of a task that fail at once would otherwise each hold their own and wait for the other's.
 * Locks: own steps and, where one may be exhausted, the unfinished unmarked steps of its task, in order. Indexes: primary keys.
 */
export function failSteps(
  t: Tables,
): (db: Connection, failures: readonly Failure[], requireAlive: boolean) => Promise<FailAnswer> {
  const text = failText(t);
  return async (db, failures, requireAlive) => {
    const { rows } = await db.query({
      name: `${t.schema}.fail-steps`,
      text,
      values: [failuresText(failures), requireAlive],
    });
    const recorded = rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      position: row['position'] as number,
      retryAt: row['retry_at'] as Date | null,
    }));
    return { recorded };
  };
}

function failuresText(failures: readonly Failure[]): string {
  const parts = failures.map(
    (f) =>
      `[${f.taskId},${f.position},${f.attempts},${f.workerId},"${f.outcome}",${f.retryInMs},${f.definitionId},${f.rank},` +
      `${JSON.stringify(f.queue)},${f.limit},${f.errorText}]`,
  );
  return `[${parts.join(',')}]`;
}

function failText(t: Tables): string {
  return `
with failed as materialized (
  select (e->>0)::bigint as task_id, (e->>1)::int as position, (e->>2)::int as attempts, (e->>3)::bigint as worker_id,
         (e->>4)::${t.schema}.attempt_outcome as outcome, (e->>5)::float8 as retry_ms, (e->>6)::int as definition_id,
         (e->>7)::smallint as rank, e->>8 as queue, (e->>9)::int as step_limit, e->10 as error
    from ${jsonRows('$1::jsonb')}
   order by 1, 2
), held as materialized (
  select s.task_id
    from ${t.workflow_steps} as s
   where s.task_id in (select task_id from failed where retry_ms is null or attempts >= step_limit)
     and s.status in ('pending', 'in_progress', 'error')
     and (not s.settles or exists (select from failed as f where f.task_id = s.task_id and f.position = s.position))
   order by s.task_id, s.position
     for update of s
), closed as (
  update ${t.workflow_steps} as s
     set status = 'error', worker_id = null, error = f.error,
         settles = s.settles or exists (select from failed as x
                                         where x.task_id = s.task_id and (x.retry_ms is null or x.attempts >= x.step_limit))
    from failed as f
   where s.task_id = f.task_id and s.position = f.position
     and s.attempts = f.attempts and s.worker_id = f.worker_id and s.status = 'in_progress'
     and (not $2::boolean or exists (select from ${t.workers} as w where w.worker_id = f.worker_id and w.lost_at is null))
     and (select count(*) from held) >= 0
  returning s.task_id, s.position, s.attempts, s.started_at, f.worker_id, f.outcome, f.error, f.definition_id, f.rank, f.queue,
            case when s.attempts < coalesce(s.retry_limit, f.step_limit) then f.retry_ms end as retry_ms,
            case when s.attempts < coalesce(s.retry_limit, f.step_limit)
                 then ${t.clock} + f.retry_ms * interval '1 millisecond' end as retry_at
), history as (
  insert into ${t.step_attempts} (task_id, position, attempt, worker_id, outcome, started_at, finished_at, retry_at, error)
  select task_id, position, attempts, worker_id, outcome, started_at, greatest(started_at, ${t.clock}), retry_at, error from closed
), retries as (
  insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
  select task_id, position, definition_id, rank, queue, retry_at, retry_ms <= 0 from closed where retry_ms is not null
), marked as (
  update ${t.workflow_steps} as s
     set settles = true
    from (select distinct task_id from closed where retry_ms is null) as x
   where s.task_id = x.task_id and not s.settles and s.status in ('pending', 'in_progress', 'error')
     and not exists (select from closed as c where c.task_id = s.task_id and c.position = s.position)
)
select task_id, position, retry_at from closed`;
}
