import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { compileJsonSchema } from '../kernel/schema.ts';
import { descendantsOf } from '../model/graph.ts';
import type { Actor, WorkflowStep } from '../model/task.ts';
import { gate } from './check-request.ts';
import {
  actOnStep,
  logLine,
  refuse,
  requireMove,
  stepAt,
  type HeldStep,
  type StepRef,
} from './held-step.ts';
import type { EngineParts } from './parts.ts';
import { bypassedPositions, openChildren, type PinnedDefinition } from './pinned-definitions.ts';
import { revive } from './revive.ts';

/**
 * Cancels a step, and every step that depends on it and so can no longer run. Running attempts are told within a heartbeat.
 * @throws TASK_NOT_FOUND, STEP_NOT_FOUND, TASK_STATE_CONFLICT, STEP_STATE_CONFLICT
 */
export async function cancelStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  by: Actor,
): Promise<WorkflowStep> {
  const answer = await actOnStep(parts, { taskId, step, by, verb: 'cancelled' }, async (held) => {
    requireMove(held, 'cancelled', 'cancelled');
    const { tx, task, pinned, step: target } = held;
    // A bypassed step waits for nobody, and nobody waits for it: what hangs on it alone goes on.
    const bypassed = bypassedPositions(pinned, task.bypassSteps);
    const children = pinned.children.map((_, position) => openChildren(pinned, position, bypassed));
    const positions = [target.position, ...descendantsOf(children, [target.position])];
    await revive(parts, tx, held);
    const cancelled = await parts.store.cancelSteps(tx, taskId, positions);
    // It finished between the look and the change: then what depends on it goes on, too.
    if (!cancelled.some(({ position }) => position === target.position))
      await refuseAsItIsNow(parts, held, 'cancelled');
    await parts.store.markSettles(tx, taskId);
    await parts.store.appendOperatorLog(
      tx,
      cancelled.map((before) => logLine(held, { action: 'cancel_step', before, to: 'cancelled' })),
    );
  });
  parts.hintTaken(taskId);
  parts.events.emit('step.cancelled', { taskId, step: answer.name, attempt: answer.attempts });
  return answer;
}

/**
 * Lets a failed or waiting step run now. Its limit grows so that it has as many attempts ahead as its definition gives in all;
 * `attempts` itself never goes back, because it is the fencing token. Same errors as cancelStep.
 */
export async function retryStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  by: Actor,
): Promise<WorkflowStep> {
  const answer = await actOnStep(parts, { taskId, step, by, verb: 'retried' }, async (held) => {
    requireMove(held, 'pending', 'retried');
    const { tx, step: target, pinned } = held;
    const retryLimit =
      target.attempts + (pinned.definition.steps[target.position]?.retryLimit ?? 1);
    const limits = [{ position: target.position, retryLimit }];
    // A worker has claimed it between the look and the change.
    if ((await parts.store.reopenSteps(tx, taskId, limits)) === 0)
      await refuseAsItIsNow(parts, held, 'retried');
    await parts.store.appendOperatorLog(tx, [
      logLine(held, {
        action: 'retry_step',
        before: target,
        to: 'pending',
        details: { retry_limit: retryLimit },
      }),
    ]);
    await revive(parts, tx, held);
  });
  parts.events.emit('step.retry_requested', {
    taskId,
    step: answer.name,
    attempt: answer.attempts,
  });
  return answer;
}

/**
 * Marks a step as done by hand with the result that its dependents shall see, and lets them run. The step must wait for nothing.
 * @throws INVALID_RESULT when the result does not fit the step's `result_schema`; otherwise as cancelStep
 */
export async function resolveStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  by: Actor & { readonly result?: Json },
): Promise<WorkflowStep> {
  const result = by.result === undefined ? {} : by.result; // null is a result, and may be what is meant
  const resultText = gate('The result', result, parts.limits);
  const answer = await actOnStep(
    parts,
    { taskId, step, by, verb: 'resolved by hand' },
    async (held) => {
      requireMove(held, 'resolved_manually', 'resolved by hand');
      const { tx, task, pinned, step: target } = held;
      checkResult(pinned, target, result);
      const children = openChildren(
        pinned,
        target.position,
        bypassedPositions(pinned, task.bypassSteps),
      );
      await revive(parts, tx, held);
      const done = await parts.store.resolveStep(tx, {
        taskId,
        position: target.position,
        resultText,
        children,
      });
      if (!done) {
        const verb =
          target.waitingOn > 0
            ? `resolved by hand while it waits for ${target.waitingOn} other step(s)`
            : 'resolved by hand';
        throw new TaskerError('STEP_STATE_CONFLICT', {
          taskId,
          step: target.name,
          status: target.status,
          verb,
        });
      }
      await parts.store.appendOperatorLog(tx, [
        logLine(held, { action: 'resolve_step', before: target, to: 'resolved_manually' }),
      ]);
    },
  );
  parts.events.emit('step.resolved_manually', {
    taskId,
    step: answer.name,
    attempt: answer.attempts,
  });
  return answer;
}

/** @throws STEP_STATE_CONFLICT always, with the status that a worker has given the step since it was read */
async function refuseAsItIsNow(parts: EngineParts, held: HeldStep, verb: string): Promise<never> {
  const { tx, task, step } = held;
  const now = await stepAt(parts, tx, { taskId: task.taskId, position: step.position });
  return refuse({ ...held, step: now }, verb);
}

function checkResult(pinned: PinnedDefinition, step: WorkflowStep, result: Json): void {
  const answer = compileJsonSchema(pinned.definition.steps[step.position]?.resultSchema ?? null)(
    result,
  );
  if (!answer.ok)
    throw new TaskerError('INVALID_RESULT', { step: step.name, problems: answer.problems });
}
