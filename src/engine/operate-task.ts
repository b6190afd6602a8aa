import { TaskerError } from '../kernel/errors.ts';
import { mayTaskMove, type TaskStatus } from '../model/status.ts';
import type { Actor, Task } from '../model/task.ts';
import { checkRevision, checkTags, checkText, MAX_TEXT } from './check-text.ts';
import type { TaskEnd } from '../telemetry/measures.ts';
import { actOnTask, type EngineParts } from './parts.ts';
import { getTask } from './queries.ts';
import { checkActor, type CheckedActor } from './check-actor.ts';
import { reopenExhausted, revive } from './revive.ts';
import { announce, settleIn } from './settle.ts';

/**
 * Cancels a task and everything in it that has not finished. Running handlers are told within a heartbeat; their late results are
 * refused. @throws TASK_NOT_FOUND, TASK_STATE_CONFLICT
 */
export async function cancelTask(parts: EngineParts, taskId: number, by: Actor): Promise<Task> {
  const task = await close(parts, taskId, {
    to: 'cancelled',
    action: 'cancel_task',
    verb: 'cancelled',
    by: checkActor(by),
  });
  parts.events.emit('task.cancelled', { taskId });
  return task;
}

/** Closes a task by hand: unfinished steps are cancelled, the task becomes `resolved_manually`. Same errors as cancelTask. */
export async function resolveTask(parts: EngineParts, taskId: number, by: Actor): Promise<Task> {
  const task = await close(parts, taskId, {
    to: 'resolved_manually',
    action: 'resolve_task',
    verb: 'resolved by hand',
    by: checkActor(by),
  });
  parts.events.emit('task.resolved_manually', { taskId });
  return task;
}

/**
 * Sets a task in error going again from its exhausted steps, each with as many further attempts as its definition gives. Steps that
 * are complete are not run again. @throws TASK_NOT_FOUND, TASK_STATE_CONFLICT
 */
export async function retryTask(parts: EngineParts, taskId: number, by: Actor): Promise<Task> {
  const actor = checkActor(by);
  const settled = await actOnTask(parts, taskId, async (tx, task, pinned) => {
    if (task.status !== 'error')
      throw new TaskerError('TASK_STATE_CONFLICT', {
        taskId,
        status: task.status,
        verb: 'retried',
      });
    await reopenExhausted(parts, tx, { taskId, pinned });
    await revive(parts, tx, { task, by: actor });
    return settleIn(parts, tx, [taskId]);
  });
  parts.events.emit('task.retry_requested', { taskId });
  announce(parts, settled);
  return getTask(parts, taskId);
}

/** Changes reason and tags of a task in any status. @throws TASK_NOT_FOUND, INVALID_REQUEST, REVISION_CONFLICT */
export async function updateTask(
  parts: EngineParts,
  taskId: number,
  change: {
    readonly reason?: string;
    readonly tags?: readonly string[];
    readonly ifRevision?: string;
  },
): Promise<Task> {
  const reason = change.reason === undefined ? null : checkText('reason', change.reason, MAX_TEXT);
  const tags = change.tags === undefined ? null : checkTags(change.tags);
  const revision = change.ifRevision === undefined ? null : checkRevision(change.ifRevision);
  const updated = await actOnTask(parts, taskId, async (tx) => {
    const edited = await parts.store.editTask(tx, taskId, { reason, tags, revision });
    const task = edited ? await parts.store.findTask(tx, taskId) : null;
    // The task exists, or actOnTask would have refused: what did not fit is the revision.
    if (task === null) throw new TaskerError('REVISION_CONFLICT', { what: `Task ${taskId}` });
    return task;
  });
  parts.events.emit('task.updated', { taskId });
  return updated;
}

async function close(
  parts: EngineParts,
  taskId: number,
  end: {
    readonly to: TaskEnd;
    readonly action: string;
    readonly verb: string;
    readonly by: CheckedActor;
  },
): Promise<Task> {
  const closed = await actOnTask(parts, taskId, async (tx, seen, pinned) => {
    // Steps first, then the task, as the hot path locks them. The last step may finish in between: then the move below fails.
    const cancelled = await parts.store.cancelSteps(tx, taskId, null);
    const from: readonly TaskStatus[] = ['pending', 'in_progress', 'error'];
    const moved =
      mayTaskMove(seen.status, end.to, 'operator') &&
      (await parts.store.moveTask(tx, taskId, { from, to: end.to }));
    if (!moved) {
      const now = await parts.store.taskStatus(tx, taskId);
      throw new TaskerError('TASK_STATE_CONFLICT', {
        taskId,
        status: now ?? seen.status,
        verb: end.verb,
      });
    }
    await parts.store.appendOperatorLog(tx, [
      {
        taskId,
        position: null,
        action: end.action,
        ...end.by,
        fromStatus: seen.status,
        toStatus: end.to,
        attempts: null,
        details: null,
      },
      ...cancelled.map((step) => ({
        taskId,
        position: step.position,
        action: 'cancel_step',
        ...end.by,
        fromStatus: step.status,
        toStatus: 'cancelled' as const,
        attempts: step.attempts,
        details: null,
      })),
    ]);
    return pinned;
  });
  parts.measures.taskEnded(closed, end.to);
  parts.hintTaken(taskId);
  return getTask(parts, taskId);
}
