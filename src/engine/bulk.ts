import { isTaskerError, TaskerError } from '../kernel/errors.ts';
import type { Actor } from '../model/task.ts';
import { checkActor } from './check-actor.ts';
import { namesSomething } from './check-filter.ts';
import { checkNumber } from './check-text.ts';
import { countTasks, getTasks } from './find-tasks.ts';
import type { BulkAnswer, BulkRequest, TaskCursor } from './list-types.ts';
import { cancelTask, resolveTask, retryTask } from './operate-task.ts';
import type { EngineParts } from './parts.ts';

const VERBS = { cancel: cancelTask, retry: retryTask, resolve: resolveTask } as const;
const MAX_TASKS = 10_000;
const PAGE = 200;

type Refusal = BulkAnswer['refused'][number];

/**
 * Cancels, retries or resolves the tasks that a filter matches, one after the other, each in a transaction of its own, in order of their
 * ids. What the verb does not allow is told and left alone. An error of the system ends it; what was done until then stays done.
 * @throws INVALID_REQUEST
 */
export async function actOnTasks(parts: EngineParts, request: BulkRequest): Promise<BulkAnswer> {
  const { filter, action } = request;
  const by = checkActor(request.by);
  const limit = checkNumber('limit', request.limit, { least: 1, most: MAX_TASKS, fallback: 0 });
  if (limit === 0) throw invalid(`limit must be given: a whole number from 1 to ${MAX_TASKS}`);
  if (!Object.hasOwn(VERBS, action)) throw invalid('action must be cancel, retry or resolve');
  if (!namesSomething(filter))
    throw invalid('the filter must name something: it would match every task');
  const matched = await countTasks(parts, filter);
  if (request.preview === true) return { matched, acted: 0, refused: [], remaining: matched };
  const { acted, refused, ended } = await actInOrder(parts, { ...request, by, limit });
  const left = Math.max(0, matched.count - acted - refused.length);
  const remaining = ended ? { count: 0, exact: true } : { count: left, exact: matched.exact };
  return { matched, acted, refused, remaining };
}

async function actInOrder(
  parts: EngineParts,
  { filter, action, by, limit }: BulkRequest,
): Promise<{
  readonly acted: number;
  readonly refused: readonly Refusal[];
  readonly ended: boolean;
}> {
  const refused: Refusal[] = [];
  let acted = 0;
  let after: TaskCursor | null = null;
  do {
    const most: number = Math.min(PAGE, limit - acted - refused.length);
    const page = await getTasks(parts, {
      ...filter,
      sortOrder: 'asc',
      limit: most,
      ...(after && { after }),
    });
    for (const { taskId } of page.tasks) {
      const refusal = await actOn(parts, { action, taskId, by });
      if (refusal === null) acted += 1;
      else refused.push(refusal);
    }
    after = page.next;
  } while (after !== null && acted + refused.length < limit);
  return { acted, refused, ended: after === null };
}

/** Null when the verb did it. */
async function actOn(
  parts: EngineParts,
  {
    action,
    taskId,
    by,
  }: { readonly action: BulkRequest['action']; readonly taskId: number; readonly by: Actor },
): Promise<Refusal | null> {
  try {
    await VERBS[action](parts, taskId, by);
    return null;
  } catch (error) {
    if (!isTaskerError(error) || error.status >= 500) throw error;
    return { taskId, code: error.code, message: error.message };
  }
}

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
