import type { Connection, Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import {
  periodTexts,
  periodValues,
  toExtent,
  type ReportExtent,
  type ReportPeriod,
} from './report-period.ts';

/** How one step of a definition behaved, and how many tasks were looked at. */
export interface StepTimingRow {
  readonly namespace: string;
  readonly task: string;
  readonly step: string;
  readonly runs: number;
  readonly failures: number;
  readonly averageMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** The steps that take longest on average, among the runs of the tasks of a period. Indexes: primary keys. */
export function slowestSteps(
  t: Tables,
): (
  db: Connection,
  period: ReportPeriod,
  limit: number,
) => Promise<ReportExtent & { readonly steps: readonly StepTimingRow[] }> {
  const texts = periodTexts(t, reportText(t));
  return async (db, period, limit) => {
    const { rows } = await db.query({
      text: period.definitions === null ? texts.all : texts.named,
      values: periodValues(period, limit),
    });
    return {
      ...toExtent(rows[0]),
      steps: rows.flatMap((row) => (row['step'] === null ? [] : toTiming(row))),
    };
  };
}

/** The casts name the column types of the statement below. */
function toTiming(row: Row): StepTimingRow {
  return {
    namespace: row['namespace'] as string,
    task: row['task'] as string,
    step: row['step'] as string,
    runs: row['runs'] as number,
    failures: row['failures'] as number,
    averageMs: row['average_ms'] as number,
    p95Ms: row['p95_ms'] as number,
    maxMs: row['max_ms'] as number,
  };
}

function reportText(t: Tables): string {
  return `, succeeded as (
  select k.definition_id, s.position, extract(epoch from s.completed_at - s.started_at)::float8 * 1000 as ms
    from looked as k
    join ${t.workflow_steps} as s on s.task_id = k.task_id
   where s.status = 'complete' and s.started_at is not null
), failed as (
  select k.definition_id, a.position, count(*)::int as failures
    from looked as k
    join ${t.step_attempts} as a on a.task_id = k.task_id
   where a.outcome <> 'cancelled'
   group by 1, 2
), timed as (
  select definition_id, position, count(*)::int as runs, sum(ms) as total_ms, max(ms) as max_ms,
         percentile_cont(0.95) within group (order by ms) as p95_ms
    from succeeded
   group by 1, 2
), best as materialized (
  select x.*, coalesce(f.failures, 0) as failures
    from timed as x left join failed as f on f.definition_id = x.definition_id and f.position = x.position
   order by x.total_ms / x.runs desc, x.definition_id, x.position
   limit $4
)
select extent.looked, extent.complete, d.namespace, d.name as task, n.name as step, b.runs, b.failures,
       b.total_ms / b.runs as average_ms, b.p95_ms, b.max_ms
  from extent
  left join best as b on true
  left join ${t.task_definitions} as d on d.definition_id = b.definition_id
  left join ${t.named_steps} as n on n.definition_id = b.definition_id and n.position = b.position
 order by average_ms desc, b.definition_id, b.position`;
}
