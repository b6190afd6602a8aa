import type { Connection } from '../db/db.ts';
import { isTaskSettled, type TaskStatus } from '../model/status.ts';
import type { Task } from '../model/task.ts';
import type { CheckedActor } from './check-actor.ts';
import type { EngineParts } from './parts.ts';
import type { PinnedDefinition } from './pinned-definitions.ts';

/** True while operators may act on steps of a task. */
export function isOpenToOperators(status: TaskStatus): boolean {
  return !isTaskSettled(status) || status === 'error';
}

/** Puts a task that is in error back to `in_progress`, with its line in the log; a task that is open stays as it is. */
export async function revive(
  parts: EngineParts,
  tx: Connection,
  { task, by }: { readonly task: Task; readonly by: CheckedActor },
): Promise<void> {
  if (task.status !== 'error') return;
  await parts.store.moveTask(tx, task.taskId, { from: ['error'], to: 'in_progress' });
  await parts.store.appendOperatorLog(tx, [
    {
      taskId: task.taskId,
      position: null,
      action: 'retry_task',
      ...by,
      fromStatus: 'error',
      toStatus: 'in_progress',
      attempts: null,
      details: null,
    },
  ]);
}

/** Reopens every exhausted step of a task, each with its definition's attempts ahead. For retryTask, which logs the task's own line. */
export async function reopenExhausted(
  parts: EngineParts,
  tx: Connection,
  { taskId, pinned }: { readonly taskId: number; readonly pinned: PinnedDefinition },
): Promise<void> {
  const exhausted = ((await parts.store.listSteps(tx, [taskId])).get(taskId) ?? []).filter(
    (step) => step.status === 'error' && step.readyAt === null,
  );
  const limits = exhausted.map((step) => ({
    position: step.position,
    retryLimit: step.attempts + (pinned.definition.steps[step.position]?.retryLimit ?? 1),
  }));
  await parts.store.reopenSteps(tx, taskId, limits);
}
