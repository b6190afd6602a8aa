import type { Db } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { keyColumns, NO_EDGE, pageText, readPage, tableOrder } from './find-page.ts';
import type { FoundPage, PageSize } from './find-page.ts';
import { createBinder, idConditions, noteConditions, relatedConditions } from './task-search.ts';
import { requestConditions, rowConditions, termConditions } from './task-search.ts';
import type { Binder, SearchOrder, TaskSearch } from './task-search.ts';
import { laneSource, type Lane } from './walk-tasks.ts';

/** How many tasks are gathered before they are put in order; when there are more, the answer is null. */
export interface Gathering {
  readonly order: SearchOrder;
  readonly most: number;
  readonly size: PageSize;
}

/** The rows to put in order (alias `task`), the common table expressions that they come from, and whether there were too many. */
interface Source {
  readonly with: string;
  readonly rows: string;
  readonly filters: readonly string[];
  readonly tooMany: string;
}

/**
 * Finds all tasks with rare values and puts them in order. Null when it is not for this search, or when the values are not rare.
 * Index: tasks_terms, which needs a bitmap, allowed for this transaction.
 */
export function gatherByTerms(
  t: Tables,
): (db: Db, search: TaskSearch, gathering: Gathering) => Promise<FoundPage | null> {
  return async (db, search, gathering) => {
    const binder = createBinder();
    const terms = termConditions(search, binder);
    if (terms === null) return null;
    const most = binder.bind(gathering.most, 'int');
    const columns =
      'task.task_id, task.status, task.definition_id, task.created_at, task.requested_at';
    return gather(db, t, {
      binder,
      search,
      gathering,
      source: {
        with: `
hits as materialized (
  select ${columns} from ${t.tasks} as task where ${terms} limit ${most} + 1
)`,
        rows: 'hits as task',
        filters: [
          ...rowConditions(t, { ...search, ...NO_TERMS, step: null, annotation: null }, binder),
          ...relatedConditions(t, search, binder),
        ],
        tooMany: `(select count(*) from hits) > ${most}`,
      },
    });
  };
}

const NO_TERMS = { tag: null, initiator: null, sourceSystem: null, context: [] } as const;

/** The same for tasks with a note that few tasks have. Index: task_annotations_search. */
export function gatherByNotes(
  t: Tables,
): (db: Db, search: TaskSearch, gathering: Gathering) => Promise<FoundPage | null> {
  return async (db, search, gathering) => {
    if (search.annotation === null) return null;
    const binder = createBinder();
    const most = binder.bind(gathering.most, 'int');
    const noted = noteConditions(t, search.annotation, binder.bind);
    return gather(db, t, {
      binder,
      search,
      gathering,
      source: {
        with: `
hits as materialized (
  select a.task_id from ${t.task_annotations} as a where ${noted} limit ${most} + 1
)`,
        rows: `(select distinct task_id from hits) as noted join ${t.tasks} as task on task.task_id = noted.task_id`,
        filters: rowConditions(t, { ...search, annotation: null }, binder),
        tooMany: `(select count(*) from hits) > ${most}`,
      },
    });
  };
}

/**
 * The same for tasks of some lanes, or of a range of ids: for an order that their indexes do not have. Null when neither narrows the
 * search, or when there are too many. Indexes: those of the lanes, the primary key.
 */
export function gatherByLanes(
  t: Tables,
): (
  db: Db,
  search: TaskSearch,
  gathering: Gathering & { readonly lanes: readonly Lane[] },
) => Promise<FoundPage | null> {
  return async (db, search, gathering) => {
    const binder = createBinder();
    const most = binder.bind(gathering.most, 'int');
    const lanes = gathering.lanes.map((lane) => {
      const { from, key, conditions } = laneSource(t, lane);
      const ids = idConditions(search, { ...gathering.order, after: null }, { ...binder, key });
      const all = [...conditions, ...ids];
      if (lane.kind === 'all' && all.length === 0) return null;
      const where = all.length === 0 ? '' : ` where ${all.join(' and ')}`;
      return `
  (select task.* from ${from}${where} limit ${most} + 1)`;
    });
    if (lanes.includes(null)) return null;
    return gather(db, t, {
      binder,
      search,
      gathering,
      source: {
        with: `
hits as (${lanes.join(' union all ')}
)`,
        rows: 'hits as task',
        filters: rowConditions(t, search, binder),
        tooMany: `exists (select from hits offset ${most} limit 1)`,
      },
    });
  };
}

/** Puts what a source has in order, in one statement, planned with bitmaps and without reading a table from end to end. */
async function gather(
  db: Db,
  t: Tables,
  {
    binder,
    search,
    gathering,
    source,
  }: {
    readonly binder: Binder;
    readonly search: TaskSearch;
    readonly gathering: Gathering;
    readonly source: Source;
  },
): Promise<FoundPage | null> {
  const { order, size } = gathering;
  const conditions = [
    ...source.filters,
    ...idConditions(search, order, binder),
    ...requestConditions(t, order, binder),
  ];
  const text = pageText(
    t,
    {
      before: `${source.with}, too_many as materialized (
  select ${source.tooMany} as yes
),`,
      keys: `
  select ${keyColumns(order)} from ${source.rows}
   where ${[...conditions, 'not (select yes from too_many)'].join(' and ')}
   order by ${tableOrder(order)} limit ${binder.bind(size.most, 'int')}`,
      edge: NO_EDGE,
      tooMany: '(select yes from too_many)',
    },
    { order, size, bind: binder.bind },
  );
  const page = await db.transaction(async (tx) => {
    await tx.script(WITH_BITMAPS);
    return readPage(tx, text, binder.values);
  });
  return page.tooMany ? null : page;
}

/** Until the end of the transaction. The first undoes one of PLAN_SETTINGS; the others repeat what a pool of the host may not have. */
const WITH_BITMAPS =
  'set local enable_bitmapscan = on; set local enable_seqscan = off; set local jit = off';
