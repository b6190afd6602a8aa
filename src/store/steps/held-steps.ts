import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { toClaimedStep, type ClaimedStep } from './claimed-step.ts';

export interface HeldStep extends ClaimedStep {
  readonly workerId: number;
  readonly name: string;
  readonly queue: string;
  readonly retryable: boolean;
  /** The limit that holds: the operator's or the definition's. */
  readonly limit: number;
}

/**
 * The steps that some workers hold, found through the open tasks (there is no index on the worker: every step would pay for it).
 * With `lock`, the step rows are locked in (task_id, position) order, skipping those that are being written, at most 1,000 at once;
 * without, the answer is complete, because a worker compares it with what it believes to hold.
 * Indexes: the open tasks are read whole; then primary keys.
 */
export function heldSteps(
  t: Tables,
): (
  db: Connection,
  workerIds: readonly number[],
  options: { readonly lock: boolean },
) => Promise<readonly HeldStep[]> {
  const text = (lock: boolean): string => `
select s.task_id, s.position, s.attempts, s.worker_id, s.inputs, s.retry_limit, task.definition_id, -task.priority as rank,
       n.name, n.queue, n.retryable, coalesce(s.retry_limit, n.retry_limit) as step_limit,
       null as waited_ms, task.context, task.initiator, task.reason, task.source_system, task.tags, task.bypass_steps, task.trace_context,
       date_part('epoch', task.requested_at) * 1000 as requested_at
  from ${t.open_tasks} as o
  join ${t.tasks} as task on task.task_id = o.task_id
  join ${t.workflow_steps} as s on s.task_id = task.task_id
  join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
 where task.started_at is not null and s.status = 'in_progress' and s.worker_id = any ($1::bigint[])
 order by s.task_id, s.position${lock ? '\n limit 1000\n   for update of s skip locked' : ''}`;
  const plain = text(false);
  const locking = text(true);
  return async (db, workerIds, { lock }) => {
    const { rows } = await db.query({
      text: lock ? locking : plain,
      values: [`{${workerIds.join(',')}}`],
    });
    return rows.map((row) => ({
      ...toClaimedStep(row),
      workerId: row['worker_id'] as number, // the statement's column types
      name: row['name'] as string,
      queue: row['queue'] as string,
      retryable: row['retryable'] as boolean,
      limit: row['step_limit'] as number,
    }));
  };
}
