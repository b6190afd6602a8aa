import type { Connection } from '../../db/db.ts';
import { jsonRows } from '../json-rows.ts';
import type { Tables } from '../tables.ts';

export interface ReturnedStep {
  readonly taskId: number;
  readonly position: number;
  readonly attempts: number;
  readonly definitionId: number;
  readonly rank: number;
  readonly queue: string;
}

/**
 * Gives claimed steps back whose handler was never called (this worker does not have it): the attempt is refunded, because nothing
 * ran. Same fence as every worker write. Locks: own steps in order.
 */
export function returnSteps(
  t: Tables,
): (db: Connection, workerId: number, steps: readonly ReturnedStep[]) => Promise<number> {
  const text = `
with given as materialized (
  select (e->>0)::bigint as task_id, (e->>1)::int as position, (e->>2)::int as attempts, (e->>3)::int as definition_id,
         (e->>4)::smallint as rank, e->>5 as queue
    from ${jsonRows('$1::jsonb')}
   order by 1, 2
), back as (
  update ${t.workflow_steps} as s
     set status = case when s.error is null then 'pending' else 'error' end::${t.schema}.step_status,
         worker_id = null, attempts = s.attempts - 1, started_at = null
    from given as g
   where s.task_id = g.task_id and s.position = g.position
     and s.attempts = g.attempts and s.worker_id = $2 and s.status = 'in_progress'
  returning s.task_id, s.position, g.definition_id, g.rank, g.queue
)
insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
select task_id, position, definition_id, rank, queue, ${t.clock}, true from back
returning 1`;
  return async (db, workerId, steps) => {
    const list = steps.map((s) => [
      s.taskId,
      s.position,
      s.attempts,
      s.definitionId,
      s.rank,
      s.queue,
    ]);
    const { rowCount } = await db.query({
      name: `${t.schema}.return-steps`,
      text,
      values: [JSON.stringify(list), workerId],
    });
    return rowCount;
  };
}
