import type { Connection, Row } from '../../db/db.ts';
import type { Task } from '../../model/task.ts';
import type { Tables } from '../tables.ts';
import { TASK_COLUMNS, toTask } from './read-task.ts';
import type { Binder, SearchOrder } from './task-search.ts';

/** How much of what is found is wanted. */
export interface PageSize {
  /** Found tasks that are passed over. */
  readonly skip: number;
  /** Tasks that are answered after those. 0 only counts. */
  readonly take: number;
  /** Tasks that are looked for in all, at least `skip + take`. */
  readonly most: number;
}

/** What one way of looking found. */
export interface FoundPage {
  readonly tasks: readonly Task[];
  /** How many were found, up to `most`, before anything was passed over. */
  readonly found: number;
  /** Where the look ended before the end of the list: what is found beyond it is not known. Null when nothing is left out. */
  readonly edge: { readonly taskId: number; readonly at: Date | null } | null;
}

/** `at` is null in the order by id. */
export interface PageParts {
  /** Answers (task_id, at) of matching tasks, in order, at most `most`. */
  readonly keys: string;
  /** Answers (task_id, at) of at most one task, where the look ended. */
  readonly edge: string;
  /** Common table expressions that the two use, each ended by a comma. */
  readonly before?: string;
  /** Whether the search was given up. @default 'false' */
  readonly tooMany?: string;
}

/** The edge of a look that went to the end. */
export const NO_EDGE = `
  select null::bigint as task_id, null::timestamptz as at where false`;

/** `order by` of rows with (task_id, at). */
export function orderOf({ by, direction }: SearchOrder, alias = ''): string {
  const id = `${alias}task_id ${direction}`;
  return by === 'task_id' ? id : `${alias}at ${direction}, ${id}`;
}

/** The same of rows of `tasks`. */
export function tableOrder({ by, direction }: SearchOrder): string {
  return by === 'task_id'
    ? `task.task_id ${direction}`
    : `task.requested_at ${direction}, task.task_id ${direction}`;
}

/** The two columns that a look answers for a row of `tasks`. */
export function keyColumns({ by }: SearchOrder): string {
  return `task.task_id, ${by === 'task_id' ? 'null::timestamptz' : 'task.requested_at'} as at`;
}

/** Reads the whole tasks of a look in the same statement, so that what is answered is what was matched. */
export function pageText(
  t: Tables,
  { keys, edge, before = '', tooMany = 'false' }: PageParts,
  {
    order,
    size,
    bind,
  }: { readonly order: SearchOrder; readonly size: PageSize; readonly bind: Binder['bind'] },
): string {
  const key = (of: string): string =>
    order.by === 'task_id' ? `${of}.task_id` : `(${of}.at, ${of}.task_id)`;
  const beyond = order.direction === 'asc' ? '>' : '<';
  return `
with ${before} page as materialized (${keys}
), edge as materialized (${edge}
), sure as materialized (
  select task_id, at from page where not exists (select from edge where ${key('page')} ${beyond} ${key('edge')})
)
select (select count(*)::int from sure) as found, edge.task_id as edge_id, edge.at as edge_at, ${tooMany} as too_many, ${TASK_COLUMNS}
  from (select 1) as one
  left join edge on true
  left join (select task_id, at from sure order by ${orderOf(order)} offset ${bind(size.skip, 'int')} limit ${bind(size.take, 'int')}) as shown on true
  left join ${t.tasks} as task on task.task_id = shown.task_id
  left join ${t.task_definitions} as d on d.definition_id = task.definition_id
 order by ${orderOf(order, 'shown.')}`;
}

/** Runs such a statement. */
export async function readPage(
  db: Connection,
  text: string,
  values: readonly unknown[],
): Promise<FoundPage & { readonly tooMany: boolean }> {
  const { rows } = await db.query({ text, values });
  const first = rows[0];
  return {
    tasks: rows.flatMap((row) => (row['task_id'] === null ? [] : [toTask(row)])),
    found: (first?.['found'] as number | undefined) ?? 0, // the statement's column types
    edge: first === undefined ? null : edgeOf(first),
    tooMany: first?.['too_many'] === true,
  };
}

function edgeOf(row: Row): FoundPage['edge'] {
  const taskId = row['edge_id'] as number | null; // the statement's column types
  return taskId === null ? null : { taskId, at: row['edge_at'] as Date | null };
}
