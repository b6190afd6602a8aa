import type { Row } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** The tasks that a report is about: the newest ones of a period, at most `most` of them. */
export interface ReportPeriod {
  /** Older ids were not created in the period. */
  readonly fromId: number;
  readonly sinceMs: number;
  /** Only tasks of these, each definition with an equal share of `most`; null for all. */
  readonly definitions: readonly number[] | null;
  readonly most: number;
}

/** How much of its period a report is about. */
export interface ReportExtent {
  readonly looked: number;
  readonly complete: boolean;
}

/**
 * A report over `looked` (task_id, definition_id, status, created_at), with its `extent`, for all tasks and for named definitions.
 * Parameters: $1 the least id, $2 tasks per lane, $3 milliseconds, $4 the report's own, $5 the definitions.
 * Indexes: the primary key backwards, tasks_definition backwards.
 */
export function periodTexts(
  t: Tables,
  rest: string,
): { readonly all: string; readonly named: string } {
  const lane = (condition: string): string => `
          select task.task_id, task.definition_id, task.status, task.created_at from ${t.tasks} as task
           where task.task_id >= $1::bigint${condition} order by task.task_id desc limit $2::int + 1`;
  const text = (lanes: string): string => `
with walked as materialized (${lanes}
), looked as materialized (
  select task_id, definition_id, status, created_at from walked where created_at >= ${t.clock} - $3::float8 * interval '1 millisecond'
), extent as materialized (
  select (select count(*)::int from looked) as looked,
         not exists (select from walked group by lane having count(*) > $2::int) as complete
)${rest}`;
  return {
    all: text(`
  select 0 as lane, x.* from (${lane('')}) as x where $5::int[] is null`),
    named: text(`
  select l.definition_id as lane, x.* from unnest($5::int[]) as l (definition_id) cross join lateral (${lane(' and task.definition_id = l.definition_id')}) as x`),
  };
}

/** The parameters of such a report but for the fourth, which is the report's own. */
export function periodValues(
  { fromId, sinceMs, definitions, most }: ReportPeriod,
  own: unknown,
): readonly unknown[] {
  const share = definitions === null ? most : Math.max(1, Math.floor(most / definitions.length));
  return [fromId, share, sinceMs, own, definitions && `{${definitions.join(',')}}`];
}

/** The two columns of `extent`. */
export function toExtent(row: Row | undefined): ReportExtent {
  return {
    looked: (row?.['looked'] as number | undefined) ?? 0, // the columns' types
    complete: (row?.['complete'] as boolean | undefined) ?? true,
  };
}
