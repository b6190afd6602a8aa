import { TaskerError } from '../kernel/errors.ts';
import { parseDuration, type Duration } from '../kernel/duration.ts';
import { isTaskSettled } from '../model/status.ts';
import type { Attempt, Task, WorkflowStep } from '../model/task.ts';
import { checkId, checkIds, positionOf, type EngineParts } from './parts.ts';
import type { OperatorEntry, WorkerInfo } from './types.ts';

/** One task. @throws TASK_NOT_FOUND */
export async function getTask(parts: EngineParts, taskId: number): Promise<Task> {
  checkId(taskId);
  const task = await parts.store.findTask(parts.db, taskId);
  if (task === null) throw new TaskerError('TASK_NOT_FOUND', { taskId });
  return task;
}

/** The steps of a task, in template order. @throws TASK_NOT_FOUND */
export async function getSteps(
  parts: EngineParts,
  taskId: number,
): Promise<readonly WorkflowStep[]> {
  checkId(taskId);
  const steps = (await parts.store.listSteps(parts.db, [taskId])).get(taskId);
  if (steps === undefined) throw new TaskerError('TASK_NOT_FOUND', { taskId });
  return steps;
}

/** The tasks of these ids that exist, in the order of the ids. @throws INVALID_REQUEST for more than 200 */
export async function getTasksByIds(
  parts: EngineParts,
  taskIds: readonly number[],
): Promise<readonly Task[]> {
  const ids = checkIds(taskIds);
  const found = new Map(
    (await parts.store.findTasks(parts.db, ids)).map((task) => [task.taskId, task]),
  );
  return ids.flatMap((taskId) => found.get(taskId) ?? []);
}

/** The steps of many tasks, in one statement. @throws INVALID_REQUEST for more than 200 */
export async function getStepsOfTasks(
  parts: EngineParts,
  taskIds: readonly number[],
): Promise<ReadonlyMap<number, readonly WorkflowStep[]>> {
  return parts.store.listSteps(parts.db, checkIds(taskIds));
}

/** One step by name or position. @throws TASK_NOT_FOUND, STEP_NOT_FOUND */
export async function getStep(
  parts: EngineParts,
  taskId: number,
  step: string | number,
): Promise<WorkflowStep> {
  const task = await getTask(parts, taskId);
  const position = positionOf(await parts.pinned.get(task.definitionId), taskId, step);
  const found = (await getSteps(parts, taskId))[position];
  if (!found)
    throw new TaskerError('STEP_NOT_FOUND', { taskId, step: String(step), suggestion: '' });
  return found;
}

/** Every attempt of a task, oldest first. @throws TASK_NOT_FOUND */
export async function getAttempts(parts: EngineParts, taskId: number): Promise<readonly Attempt[]> {
  await getTask(parts, taskId);
  return parts.store.listAttempts(parts.db, taskId);
}

/** What operators did to a task, oldest first. @throws TASK_NOT_FOUND */
export async function getOperatorLog(
  parts: EngineParts,
  taskId: number,
): Promise<readonly OperatorEntry[]> {
  await getTask(parts, taskId);
  return parts.store.listOperatorLog(parts.db, taskId);
}

/** The workers of the last day, newest first. */
export async function getWorkers(parts: EngineParts): Promise<readonly WorkerInfo[]> {
  const rows = await parts.store.listWorkers(parts.db);
  return rows.map((row) => ({
    workerId: row['worker_id'] as number, // the column types of list-workers
    name: row['name'] as string,
    hostname: row['hostname'] as string,
    pid: row['pid'] as number,
    version: row['version'] as string,
    queues: row['queues'] as readonly string[],
    slots: row['slots'] as number,
    startedAt: row['started_at'] as Date,
    heartbeatAt: row['heartbeat_at'] as Date,
    state: row['state'] as WorkerInfo['state'],
  }));
}

/** Looks at the status until the task is settled: at once when this process settles it, otherwise every 20 ms growing to 500 ms. */
export async function waitForTask(
  parts: EngineParts,
  taskId: number,
  options: { readonly timeout?: Duration; readonly signal?: AbortSignal } = {},
): Promise<Task> {
  checkId(taskId);
  const timeoutMs =
    options.timeout === undefined ? null : parseDuration(options.timeout, 'timeout');
  const waiter = createWaiter(parts, taskId, options.signal);
  const started = parts.ports.elapsedMs();
  try {
    for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 1.5)) {
      options.signal?.throwIfAborted();
      const ended = await endedTask(parts, taskId, waiter.hasEnded());
      if (ended !== null) return ended;
      const leftMs =
        timeoutMs === null ? Infinity : timeoutMs - (parts.ports.elapsedMs() - started);
      if (leftMs <= 0)
        throw new TaskerError('WAIT_TIMEOUT', {
          taskId,
          waitedMs: Math.round(parts.ports.elapsedMs() - started),
        });
      await waiter.pause(Math.min(pauseMs, leftMs));
    }
  } finally {
    waiter.close();
  }
}

/** The task if it is settled. The status alone is looked at first, unless this process has heard that it ended. */
async function endedTask(
  parts: EngineParts,
  taskId: number,
  isHeard: boolean,
): Promise<Task | null> {
  if (!isHeard) {
    const status = await parts.store.taskStatus(parts.db, taskId);
    if (status === null) throw new TaskerError('TASK_NOT_FOUND', { taskId });
    if (!isTaskSettled(status)) return null;
  }
  const task = await getTask(parts, taskId);
  return isTaskSettled(task.status) ? task : null;
}

const ENDINGS = [
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.resolved_manually',
] as const;

function createWaiter(
  parts: EngineParts,
  taskId: number,
  signal: AbortSignal | undefined,
): { pause(ms: number): Promise<void>; hasEnded(): boolean; close(): void } {
  let wake: (() => void) | null = null;
  let ended = false;
  const onEnd = (event: { readonly taskId: number }): void => {
    if (event.taskId !== taskId) return;
    ended = true;
    wake?.();
  };
  const off = ENDINGS.map((name) => parts.events.on(name, onEnd));
  const onAbort = (): void => wake?.();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    hasEnded: () => ended,
    pause: (ms) =>
      new Promise((resolve) => {
        if (ended) return resolve();
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    close() {
      for (const stop of off) stop();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
