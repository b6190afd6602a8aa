import { TaskerError } from '../kernel/errors.ts';
import type { StepStatus, TaskStatus } from '../model/status.ts';
import type { FoundPage, PageSize } from '../store/tasks/find-page.ts';
import type { SearchOrder, TaskSearch } from '../store/tasks/task-search.ts';
import type { Lane } from '../store/tasks/walk-tasks.ts';
import { resolveFilter } from './check-filter.ts';
import { checkNumber } from './check-text.ts';
import type { Count, TaskCursor, TaskFilter, TaskListRequest, TaskPage } from './list-types.ts';
import { isTaskId, type EngineParts } from './parts.ts';

/**
 * Lists and counts. No search takes long, however many tasks are stored and whatever is asked: each is a few looks, one after the other,
 * every one of them bounded, until one is sure of its answer.
 *
 * I1: a short walk in the order that was asked finds what is frequent. It is over when it has enough, or has seen all.
 * I2: what is rare is gathered through an index and put in order; what is not rare there (more than GATHERED) is given up at once.
 * I3: a longer walk answers what it met, and where it stopped: a short page with a cursor, a count that is not exact.
 * I4: a page has no gap and no repetition: it ends where the look that made it was still sure.
 */
const SHORT_LOOK = 2_000;
const LONG_LOOK = 20_000;
const GATHERED = 10_000;

/** Steps are read task by task, so fewer tasks are looked at. */
const LONG_LOOK_AT_STEPS = 6_000;

/** Each has an index of its own, as long as there are few of them. */
const MAX_DEFINITION_LANES = 20;

const MAX_PAGE = 200;
const MAX_OFFSET = 10_000;
const MAX_COUNT = 10_000;

/** A page of tasks. @throws INVALID_REQUEST */
export async function getTasks(
  parts: EngineParts,
  request: TaskListRequest = {},
): Promise<TaskPage> {
  const limit = checkNumber('limit', request.limit, { least: 1, most: MAX_PAGE, fallback: 20 });
  const offset = checkOffset(request.offset);
  const order = checkOrder(request);
  const search = await resolveFilter(parts, request);
  if (search === null) return { tasks: [], next: null };
  const most = offset + limit + 1;
  const page = await look(parts, search, { order, size: { skip: offset, take: limit + 1, most } });
  if (page.edge !== null && page.found < offset) throw tooDeep();
  return toPage(page, order, limit);
}

/** How many tasks match, as far as a bounded look can say. @throws INVALID_REQUEST */
export async function countTasks(
  parts: EngineParts,
  filter: TaskFilter = {},
  options: { readonly upTo?: number } = {},
): Promise<Count> {
  const upTo = checkNumber('upTo', options.upTo, {
    least: 1,
    most: MAX_COUNT,
    fallback: MAX_COUNT,
  });
  const search = await resolveFilter(parts, filter);
  if (search === null) return { count: 0, exact: true };
  const { found, edge } = await look(parts, search, {
    order: BY_ID,
    size: { skip: 0, take: 0, most: upTo + 1 },
  });
  return { count: Math.min(found, upTo), exact: found <= upTo && edge === null };
}

const BY_ID: SearchOrder = { by: 'task_id', direction: 'desc', after: null };

/** I1 to I3. */
async function look(
  parts: EngineParts,
  search: TaskSearch,
  { order, size }: { readonly order: SearchOrder; readonly size: PageSize },
): Promise<FoundPage> {
  const { db, store } = parts;
  const byId = order.by === 'task_id';
  const lanes = byId ? lanesOf(search) : ALL;
  const gathering = { order, size, most: Math.max(GATHERED, size.most) };
  // A page must be able to hold what it passes over; a count may stop anywhere.
  const atLeast = size.take === 0 ? 0 : size.most;
  const walk = (of: readonly Lane[], tasks: number): Promise<FoundPage> =>
    store.walkTasks(db, search, { order, lanes: of, look: Math.max(tasks, atLeast), size });
  const elsewhere = otherLanes(search, lanes).map(
    (of) => () =>
      byId ? walk(of, SHORT_LOOK) : store.gatherByLanes(db, search, { ...gathering, lanes: of }),
  );
  const first = await walk(lanes, SHORT_LOOK);
  if (isSure(first, size)) return first;
  const gathers = [
    () => store.gatherByTerms(db, search, gathering),
    () => store.gatherByNotes(db, search, gathering),
  ];
  const looks = [...elsewhere, ...(isFrequent(first, order) ? [] : gathers)];
  for (const next of looks) {
    const page = await next();
    if (page !== null && isSure(page, size)) return page;
  }
  return walk(lanes, search.step === null ? LONG_LOOK : LONG_LOOK_AT_STEPS);
}

function isSure({ edge, found }: FoundPage, size: PageSize): boolean {
  return edge === null || found >= size.most;
}

/** True when, at the rate of the first walk, there are clearly more matches in all than would be gathered. */
function isFrequent({ found, edge }: FoundPage, { direction }: SearchOrder): boolean {
  const idsLeft = direction === 'desc' ? (edge?.taskId ?? 0) : 0;
  return (found / SHORT_LOOK) * idsLeft > 2 * GATHERED;
}

const ALL: readonly Lane[] = [{ kind: 'all' }];

/** What else narrows the search than the lanes that were walked, and not much less. */
function otherLanes(search: TaskSearch, walked: readonly Lane[]): readonly (readonly Lane[])[] {
  return [statusLanes(search), definitionLanes(search)].flatMap((lanes) =>
    lanes === null || lanes[0]?.kind === walked[0]?.kind || lanes.length > FEW_LANES ? [] : [lanes],
  );
}

const FEW_LANES = 3;

function lanesOf(search: TaskSearch): readonly Lane[] {
  return statusLanes(search) ?? definitionLanes(search) ?? ALL;
}

function definitionLanes({ definitions }: TaskSearch): readonly Lane[] | null {
  if (definitions === null || definitions.length > MAX_DEFINITION_LANES) return null;
  return definitions.map((definitionId) => ({ kind: 'definition', definitionId }));
}

/** Most tasks are complete; the others have indexes of their own, when only they can match. */
function statusLanes({ status, step }: TaskSearch): readonly Lane[] | null {
  const possible = new Set<TaskStatus>(status ?? EVERY);
  if (step !== null) {
    const withStep = new Set(step.status.flatMap((one) => TASKS_WITH[one] ?? EVERY));
    for (const one of possible) if (!withStep.has(one)) possible.delete(one);
  }
  if (possible.has('complete')) return null;
  const lanes: Lane[] = [];
  if (OPEN.some((one) => possible.has(one))) lanes.push({ kind: 'open' });
  if (NOTABLE.some((one) => possible.has(one)) || lanes.length === 0)
    lanes.push({ kind: 'notable' });
  return lanes;
}

const OPEN: readonly TaskStatus[] = ['pending', 'in_progress'];
const NOTABLE: readonly TaskStatus[] = ['error', 'cancelled', 'resolved_manually'];
const EVERY: readonly TaskStatus[] = [...OPEN, ...NOTABLE, 'complete'];

/** Where steps of a status can be; the others can be anywhere. A complete task has none that is unfinished or cancelled. */
const TASKS_WITH: Partial<Readonly<Record<StepStatus, readonly TaskStatus[]>>> = {
  in_progress: OPEN,
  pending: [...OPEN, 'error'],
  error: [...OPEN, 'error'],
  cancelled: [...OPEN, ...NOTABLE],
};

function toPage({ tasks: found, edge }: FoundPage, order: SearchOrder, limit: number): TaskPage {
  const tasks = found.slice(0, limit);
  const last = tasks.at(-1);
  if (found.length > limit && last !== undefined) {
    const at = order.by === 'task_id' ? null : last.requestedAt;
    return { tasks, next: { taskId: last.taskId, at } };
  }
  return { tasks, next: edge };
}

function checkOrder(request: TaskListRequest): SearchOrder {
  const { sortBy = 'task_id', sortOrder = 'desc', after } = request;
  if (!['task_id', 'requested_at', 'created_at'].includes(sortBy))
    throw invalid('sortBy must be task_id, requested_at or created_at');
  if (sortOrder !== 'asc' && sortOrder !== 'desc') throw invalid('sortOrder must be asc or desc');
  const by = sortBy === 'requested_at' ? sortBy : 'task_id';
  return { by, direction: sortOrder, after: after === undefined ? null : checkCursor(after, by) };
}

function checkCursor(after: TaskCursor, by: SearchOrder['by']): TaskCursor {
  const isMoment = after.at instanceof Date && !Number.isNaN(after.at.getTime());
  if (!isTaskId(after.taskId) || isMoment !== (by === 'requested_at'))
    throw invalid('after must be the next of a page in the same order');
  return after;
}

function checkOffset(offset: unknown): number {
  if (typeof offset === 'number' && Number.isInteger(offset) && offset > MAX_OFFSET)
    throw tooDeep();
  return checkNumber('offset', offset, { least: 0, most: MAX_OFFSET, fallback: 0 });
}

function tooDeep(): TaskerError<'INVALID_REQUEST'> {
  return invalid(
    `offset goes deeper than a search looks (at most ${MAX_OFFSET}); give the next of the page before as after`,
  );
}

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
