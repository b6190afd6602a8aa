import type { Connection } from '../../db/db.ts';
import { jsonRows } from '../json-rows.ts';
import type { Tables } from '../tables.ts';

/**
 * Of the runs that a worker believes to hold, those that it does not hold any more (cancelled, taken back, resolved), with the status
 * that the step has now. Index: primary key.
 */
export function lostRuns(t: Tables): (
  db: Connection,
  workerId: number,
  runs: readonly {
    readonly taskId: number;
    readonly position: number;
    readonly attempts: number;
  }[],
) => Promise<
  readonly {
    readonly taskId: number;
    readonly position: number;
    readonly status: string;
    readonly attempts: number;
  }[]
> {
  const text = `
select r.task_id, r.position, coalesce(s.status::text, 'missing') as status, coalesce(s.attempts, 0) as attempts
  from (select (e->>0)::bigint as task_id, (e->>1)::int as position, (e->>2)::int as attempts from ${jsonRows('$2::jsonb')}) as r
  left join ${t.workflow_steps} as s on s.task_id = r.task_id and s.position = r.position
 where s.task_id is null or s.status <> 'in_progress' or s.worker_id <> $1 or s.attempts <> r.attempts`;
  return async (db, workerId, runs) => {
    const { rows } = await db.query({
      name: `${t.schema}.lost-runs`,
      text,
      values: [workerId, JSON.stringify(runs.map((r) => [r.taskId, r.position, r.attempts]))],
    });
    return rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      position: row['position'] as number,
      status: row['status'] as string,
      attempts: row['attempts'] as number,
    }));
  };
}
