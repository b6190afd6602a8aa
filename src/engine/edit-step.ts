import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { Actor, Task, WorkflowStep } from '../model/task.ts';
import { checkContext } from './check-request.ts';
import { checkRevision } from './check-text.ts';
import {
  actOnStep,
  logLine,
  refuse,
  requireUnfinished,
  stepAt,
  type HeldStep,
  type StepRef,
} from './held-step.ts';
import type { EngineParts } from './parts.ts';
import { revive } from './revive.ts';

/**
 * Edits the inputs or the retry limit of a step that has not finished. A limit must leave an attempt to a step that is pending or waits
 * for its retry; one above the attempts of an exhausted step revives it, and its task. Edited inputs are what the handler sees as
 * context from its next attempt on.
 * @throws INVALID_CONTEXT when inputs do not fit the task's schema; INVALID_REQUEST; REVISION_CONFLICT; otherwise as cancelStep
 */
export async function updateStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  change: Actor & {
    readonly inputs?: Json;
    readonly retryLimit?: number;
    readonly ifRevision?: string;
  },
): Promise<WorkflowStep> {
  const { inputs, retryLimit } = change;
  const revision = change.ifRevision === undefined ? null : checkRevision(change.ifRevision);
  if (inputs === undefined && retryLimit === undefined) {
    throw new TaskerError('INVALID_REQUEST', { problem: 'give inputs or a retry limit' });
  }
  const call = { taskId, step, by: change, verb: 'edited' };
  const updated = await actOnStep(parts, call, async (held) => {
    requireRevision(held, revision);
    requireUnfinished(held, 'edited');
    const { tx, pinned, step: target } = held;
    const checked =
      inputs === undefined
        ? null
        : await checkContext(
            { definition: pinned.definition, contextSchema: null },
            inputs,
            parts.limits,
          );
    if (retryLimit !== undefined) checkLimit(retryLimit, target);
    const edited = await parts.store.editStep(tx, {
      taskId,
      position: target.position,
      inputsText: checked?.contextText ?? null,
      retryLimit: retryLimit ?? null,
      revision,
    });
    // A worker has moved the step since it was read above.
    if (!edited) await refuseAsItIsNow(parts, held, revision);
    // A run under way obeys the new limit: whoever finishes in this task then asks whether it is over.
    if (retryLimit !== undefined) await parts.store.markSettles(tx, taskId);
    const revives =
      target.status === 'error' &&
      target.readyAt === null &&
      retryLimit !== undefined &&
      retryLimit > target.attempts;
    if (revives) {
      await parts.store.reopenSteps(tx, taskId, [{ position: target.position, retryLimit }]);
      await revive(parts, tx, held);
    }
    const details = {
      ...(checked && { inputs: checked.context }),
      ...(retryLimit !== undefined && { retry_limit: retryLimit }),
    };
    const to = revives ? 'pending' : target.status;
    await parts.store.appendOperatorLog(tx, [
      logLine(held, { action: 'update_step', before: target, to, details }),
    ]);
  });
  parts.events.emit('step.updated', { taskId, step: updated.name, attempt: updated.attempts });
  return updated;
}

function requireRevision({ step, task }: HeldStep, revision: string | null): void {
  if (revision !== null && revision !== step.revision) refuseRevision(step, task);
}

async function refuseAsItIsNow(
  parts: EngineParts,
  held: HeldStep,
  revision: string | null,
): Promise<never> {
  const { tx, task, step } = held;
  const now = await stepAt(parts, tx, { taskId: task.taskId, position: step.position });
  if (revision !== null && revision !== now.revision) refuseRevision(now, task);
  return refuse({ ...held, step: now }, 'edited');
}

function refuseRevision(step: WorkflowStep, task: Task): never {
  throw new TaskerError('REVISION_CONFLICT', {
    what: `Step "${step.name}" of task ${task.taskId}`,
  });
}

function checkLimit(retryLimit: number, step: WorkflowStep): void {
  // What is still to run needs an attempt to run in; what runs finishes under any limit, and what is exhausted stays so.
  const isToRun = step.status === 'pending' || step.readyAt !== null;
  const least = Math.max(1, step.attempts + (isToRun ? 1 : 0));
  if (!Number.isInteger(retryLimit) || retryLimit < least || retryLimit > 1_000_000) {
    throw new TaskerError('INVALID_REQUEST', {
      problem: `the retry limit must be a whole number of at least ${least} (the attempts made so far${isToRun ? ', and the next one' : ''})`,
    });
  }
}
