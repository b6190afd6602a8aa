import type { Json } from '../kernel/json.ts';
import type { Task, TaskAnnotation } from '../model/task.ts';
import { gate } from './check-request.ts';
import { checkText } from './check-text.ts';
import { getTasks } from './find-tasks.ts';
import type { TaskCursor, TaskPage } from './list-types.ts';
import { checkIds, type EngineParts } from './parts.ts';
import { getTask } from './queries.ts';

/** The position of notes that no step wrote. */
const BY_HAND = -1;

/** Attaches a note to a task, from outside its steps; the same type again replaces it. @throws TASK_NOT_FOUND, UNSTORABLE_VALUE */
export async function annotate(
  parts: EngineParts,
  {
    taskId,
    type,
    annotation,
  }: { readonly taskId: number; readonly type: string; readonly annotation: Json },
): Promise<void> {
  checkText('type', type, 64);
  const text = gate('The annotation', annotation, parts.limits);
  await getTask(parts, taskId);
  await parts.db.transaction((tx) =>
    parts.store.upsertAnnotations(tx, [{ taskId, position: BY_HAND, type, text }]),
  );
}

/** The notes of a task, oldest first. @throws TASK_NOT_FOUND */
export async function listAnnotations(
  parts: EngineParts,
  taskId: number,
): Promise<readonly TaskAnnotation[]> {
  await getTask(parts, taskId);
  return (await parts.store.listAnnotations(parts.db, [taskId])).get(taskId) ?? [];
}

/** The notes of many tasks, each task's oldest first, in one statement. @throws INVALID_REQUEST for more than 200 */
export async function listAnnotationsOfTasks(
  parts: EngineParts,
  taskIds: readonly number[],
): Promise<ReadonlyMap<number, readonly TaskAnnotation[]>> {
  return parts.store.listAnnotations(parts.db, checkIds(taskIds));
}

/** Tasks with a note of this type in which this key has this value, newest first, each once. @throws INVALID_REQUEST */
export async function findTasksByAnnotation(
  parts: EngineParts,
  {
    limit = 20,
    ...annotation
  }: {
    readonly type: string;
    readonly key: string;
    readonly value: string;
    readonly limit?: number;
  },
): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  let after: TaskCursor | null = null;
  do {
    // A page may be short and have a next one all the same.
    const page: TaskPage = await getTasks(parts, {
      annotation,
      limit: limit - tasks.length,
      ...(after && { after }),
    });
    tasks.push(...page.tasks);
    after = page.next;
  } while (after !== null && tasks.length < limit);
  return tasks;
}
