import type { Json } from '../../kernel/json.ts';
import type { Connection } from '../../db/db.ts';
import { jsonRows } from '../json-rows.ts';
import type { Tables } from '../tables.ts';

/** Reads results of steps that a worker needs as inputs and does not have in memory. Index: primary key. */
export function loadResults(t: Tables): (
  db: Connection,
  wanted: readonly { readonly taskId: number; readonly position: number }[],
) => Promise<
  readonly {
    readonly taskId: number;
    readonly position: number;
    readonly satisfied: boolean;
    readonly results: Json;
  }[]
> {
  const text = `
select s.task_id, s.position, s.status in ('complete', 'resolved_manually') as satisfied, s.results
  from (select (e->>0)::bigint as task_id, (e->>1)::int as position from ${jsonRows('$1::jsonb')}) as w
  cross join lateral (
         select * from ${t.workflow_steps} as x where x.task_id = w.task_id and x.position = w.position offset 0) as s`;
  return async (db, wanted) => {
    const { rows } = await db.query({
      name: `${t.schema}.load-results`,
      text,
      values: [JSON.stringify(wanted.map((w) => [w.taskId, w.position]))],
    });
    return rows.map((row) => ({
      taskId: row['task_id'] as number, // the statement's column types
      position: row['position'] as number,
      satisfied: row['satisfied'] as boolean,
      results: row['results'] as Json,
    }));
  };
}
