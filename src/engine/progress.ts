import { TaskerError } from '../kernel/errors.ts';
import type { TaskProgress } from '../store/tasks/task-progress.ts';
import type { TaskRevision } from '../store/tasks/task-revisions.ts';
import { checkId, type EngineParts } from './parts.ts';

export type { TaskProgress, TaskRevision };

/** Tasks that one call reads with their contexts. */
const MAX_PROGRESS = 200;
/** Tasks that one call compares. */
const MAX_REVISIONS = 10_000;
const MAX_NEWEST = 1_000;

/** Tasks by id with the counts of their steps. @throws INVALID_REQUEST for more than 200 ids, TASK_NOT_FOUND for what is no id */
export async function getProgress(
  parts: EngineParts,
  taskIds: readonly number[],
): Promise<readonly TaskProgress[]> {
  checkIds(taskIds, MAX_PROGRESS);
  return taskIds.length === 0 ? [] : parts.store.taskProgress(parts.db, taskIds);
}

/** Revisions of tasks. @throws INVALID_REQUEST for more than 10,000 ids or 1,000 newest, TASK_NOT_FOUND for what is no id */
export async function getRevisions(
  parts: EngineParts,
  { taskIds, newest = 0 }: { readonly taskIds: readonly number[]; readonly newest?: number },
): Promise<readonly TaskRevision[]> {
  checkIds(taskIds, MAX_REVISIONS);
  if (!Number.isInteger(newest) || newest < 0 || newest > MAX_NEWEST)
    throw new TaskerError('INVALID_REQUEST', {
      problem: `newest must be a whole number from 0 to ${MAX_NEWEST}`,
    });
  return parts.store.taskRevisions(parts.db, { taskIds, newest });
}

function checkIds(taskIds: readonly number[], most: number): void {
  if (taskIds.length > most)
    throw new TaskerError('INVALID_REQUEST', { problem: `give at most ${most} task ids` });
  for (const taskId of taskIds) checkId(taskId);
}
