import type { TaskFilter } from '../../engine/list-types.ts';
import type { Json } from '../../kernel/json.ts';
import type { Task } from '../../model/task.ts';
import { decodeCursor, encodeCursor } from '../rest/cursor.ts';
import { orderOf, pageOf, toWire, type OrderArguments, type PageArguments } from './arguments.ts';
import type { GraphqlContext } from './context.ts';
import type { TaskConnection } from './types/task-connection.ts';
import { filterOf } from './types/task-filter.ts';

/** A page of the tasks that a filter finds and the caller may see. */
export async function listTasks(
  filter: TaskFilter,
  page: PageArguments,
  { access, parts, loaders, counted }: GraphqlContext,
): Promise<readonly Task[]> {
  const { tasks } = await parts.tasker.tasks({
    ...(await access.filter(filter)),
    ...pageOf(page),
  });
  loaders.know(tasks);
  return counted(tasks);
}

export interface ConnectionArguments extends OrderArguments {
  readonly filter?: object | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

/** The same with cursors. */
export async function connectTasks(
  args: ConnectionArguments,
  { access, parts, loaders, counted }: GraphqlContext,
): Promise<TaskConnection> {
  const filter = await access.filter(filterOf(args.filter));
  const order = orderOf(args);
  const list = listOf(args);
  const after = args.after ?? null;
  const { tasks, next } = await parts.tasker.tasks({
    ...filter,
    ...order,
    limit: args.first ?? 20,
    ...(after === null ? {} : { after: decodeCursor(after, list) }),
  });
  loaders.know(tasks);
  const cursorOf = (task: Task): string => {
    const at = order.sortBy === 'requested_at' ? task.requestedAt : null;
    return encodeCursor({ taskId: task.taskId, at }, list);
  };
  let count: ReturnType<TaskConnection['count']> | null = null;
  return {
    edges: counted(tasks).map((node) => ({ cursor: cursorOf(node), node })),
    next: next === null ? null : encodeCursor(next, list),
    isFirst: after === null,
    count: () => (count ??= parts.tasker.countTasks(filter)),
  };
}

/** What makes two pages pages of the same list: every argument but the page itself. */
function listOf({ filter, ...args }: ConnectionArguments): Json {
  const list = { filter: toWire(filter ?? {}), ...orderOf(args) };
  return JSON.parse(JSON.stringify(list)) as Json; // sound: what was written as JSON
}
