import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { keyColumns, orderOf, pageText, readPage, tableOrder } from './find-page.ts';
import type { FoundPage, PageSize } from './find-page.ts';
import { createBinder, idConditions, requestConditions, rowConditions } from './task-search.ts';
import type { SearchOrder, TaskSearch } from './task-search.ts';

/** A part of the table that an index has in the order of ids. */
export type Lane =
  | { readonly kind: 'all' | 'open' | 'notable' }
  | { readonly kind: 'definition'; readonly definitionId: number };

/** How a walk goes. */
export interface Walk {
  readonly order: SearchOrder;
  /** By request there is only the lane `all`. */
  readonly lanes: readonly Lane[];
  /** Tasks that are looked at, matching or not, in all lanes together. */
  readonly look: number;
  readonly size: PageSize;
}

/** Where the rows of a lane come from (alias `task`), and the column that the ids are compared with. */
export interface LaneSource {
  readonly from: string;
  readonly key: string;
  readonly conditions: readonly string[];
}

/** By these the planner finds the lane's index; made of numbers and names of ours, so they need no parameter. */
export function laneSource(t: Tables, lane: Lane): LaneSource {
  const from = `${t.tasks} as task`;
  const key = 'task.task_id';
  switch (lane.kind) {
    case 'all':
      return { from, key, conditions: [] };
    case 'open':
      return {
        from: `${t.open_tasks} as o join ${from} on task.task_id = o.task_id`,
        key: 'o.task_id',
        conditions: [],
      };
    case 'notable':
      return { from, key, conditions: ['task.failed_at is not null'] };
    case 'definition':
      return { from, key, conditions: [`task.definition_id = ${lane.definitionId}`] };
  }
}

/**
 * Looks at tasks in order, lane by lane, and takes those that match, until there are enough or so many were looked at: quick when
 * matches are frequent, and never slow. Indexes: in the order of ids open_tasks_pkey, tasks_failed_at, tasks_definition or the primary key,
 * by lane; in the order of requests tasks_requested. Each lane ends by itself once it has enough.
 */
export function walkTasks(
  t: Tables,
): (db: Connection, search: TaskSearch, walk: Walk) => Promise<FoundPage> {
  return (db, search, { order, lanes, look, size }) => {
    const binder = createBinder();
    const { bind } = binder;
    const requests = requestConditions(t, order, binder);
    const filters = where(rowConditions(t, search, binder));
    const most = bind(size.most, 'int');
    const perLane = bind(Math.ceil(look / lanes.length), 'int');
    const walked = lanes.map((lane) => {
      const { from, key, conditions } = laneSource(t, lane);
      const ids = idConditions(search, order, { ...binder, key });
      return {
        from: `from ${from}${where([...conditions, ...ids, ...requests])} order by ${tableOrder(order)}`,
      };
    });
    const keys = walked.map(
      ({ from }) => `
  (select ${keyColumns(order)} from (select task.* ${from} limit ${perLane}) as task${filters} order by ${tableOrder(order)} limit ${most})`,
    );
    const edges = walked.map(
      ({ from }) => `
  (select ${keyColumns(order)} ${from} offset ${perLane} - 1 limit 1)`,
    );
    // A lone lane that found enough is not asked where it ended.
    const needed = lanes.length === 1 ? ` where (select count(*) from page) < ${most}` : '';
    const text = pageText(
      t,
      {
        keys: `
  select task_id, at from (${keys.join(' union all ')}) as lanes order by ${orderOf(order)} limit ${most}`,
        edge: `
  select task_id, at from (${edges.join(' union all ')}) as edges${needed} order by ${orderOf(order)} limit 1`,
      },
      { order, size, bind },
    );
    return readPage(db, text, binder.values);
  };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}
