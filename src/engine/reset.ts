import { TaskerError } from '../kernel/errors.ts';
import type { Actor, Task, WorkflowStep } from '../model/task.ts';
import { checkActor } from './check-actor.ts';
import {
  actOnStep,
  logLine,
  refuse,
  requireUnfinished,
  stepAt,
  type StepRef,
} from './held-step.ts';
import { actOnTask, type EngineParts } from './parts.ts';
import { getTask } from './queries.ts';
import { isOpenToOperators, reopenExhausted, revive } from './revive.ts';
import { announce, settleIn } from './settle.ts';

/**
 * Gives an unfinished step its full number of further attempts. An exhausted one goes on at once, and its task with it; one that waits
 * for its retry keeps its time; one that runs or has not begun only has more attempts ahead. `attempts` never goes back: it is the
 * fencing token. @throws TASK_NOT_FOUND, STEP_NOT_FOUND, TASK_STATE_CONFLICT, STEP_STATE_CONFLICT
 */
export async function resetStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  by: Actor,
): Promise<WorkflowStep> {
  let revived = false;
  const answer = await actOnStep(parts, { taskId, step, by, verb: 'reset' }, async (held) => {
    requireUnfinished(held, 'reset');
    const { tx, step: target } = held;
    const [renewed] = await parts.store.renewAttempts(tx, taskId, [target.position]);
    const now = await stepAt(parts, tx, { taskId, position: target.position });
    // It finished between the look and the change.
    if (renewed === undefined) return refuse({ ...held, step: now }, 'reset');
    revived = now.status === 'error' && now.readyAt === null;
    if (revived) {
      await parts.store.reopenSteps(tx, taskId, [renewed]);
      await revive(parts, tx, held);
    }
    await parts.store.appendOperatorLog(tx, [
      logLine(held, {
        action: 'reset_step',
        before: renewed,
        to: revived ? 'pending' : renewed.status,
        details: { retry_limit: renewed.retryLimit },
      }),
    ]);
  });
  if (revived)
    parts.events.emit('step.retry_requested', {
      taskId,
      step: answer.name,
      attempt: answer.attempts,
    });
  return answer;
}

/**
 * The same for every unfinished step of a task. A task in error goes on from its exhausted steps.
 * @throws TASK_NOT_FOUND, TASK_STATE_CONFLICT
 */
export async function resetTask(parts: EngineParts, taskId: number, by: Actor): Promise<Task> {
  const actor = checkActor(by);
  const { settled, revived } = await actOnTask(parts, taskId, async (tx, task, pinned) => {
    if (!isOpenToOperators(task.status))
      throw new TaskerError('TASK_STATE_CONFLICT', { taskId, status: task.status, verb: 'reset' });
    const renewed = await parts.store.renewAttempts(tx, taskId, null);
    await reopenExhausted(parts, tx, { taskId, pinned });
    await parts.store.appendOperatorLog(tx, [
      {
        taskId,
        position: null,
        action: 'reset_task',
        ...actor,
        fromStatus: task.status,
        toStatus: task.status,
        attempts: null,
        details: { steps: renewed.length },
      },
    ]);
    await revive(parts, tx, { task, by: actor });
    return { settled: await settleIn(parts, tx, [taskId]), revived: task.status === 'error' };
  });
  if (revived) parts.events.emit('task.retry_requested', { taskId });
  announce(parts, settled);
  return getTask(parts, taskId);
}
