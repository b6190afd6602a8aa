import type { Connection } from '../db/db.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { compileJsonSchema } from '../kernel/schema.ts';
import { descendantsOf } from '../model/graph.ts';
import { mayStepMove, type StepStatus } from '../model/status.ts';
import type { Actor, Task, WorkflowStep } from '../model/task.ts';
import { checkActor, type CheckedActor } from './check-actor.ts';
import { checkContext, gate } from './check-request.ts';
import { isOpenToOperators, revive } from './revive.ts';
import { actOnTask, positionOf, type EngineParts } from './parts.ts';
import { bypassedPositions, openChildren, type PinnedDefinition } from './pinned-definitions.ts';
import { announce, settleIn } from './settle.ts';

/** A step of a task, by name or position. */
export interface StepRef {
  readonly taskId: number;
  readonly step: string | number;
}

/** A step while an operator's verb holds its task. */
interface HeldVerb {
  readonly tx: Connection;
  readonly task: Task;
  readonly pinned: PinnedDefinition;
  readonly step: WorkflowStep;
  readonly by: CheckedActor;
}

interface VerbCall {
  readonly taskId: number;
  readonly step: string | number;
  readonly by: Actor;
  /** How the verb is called in a refusal: "it cannot be …". */
  readonly verb: string;
}

/**
 * Cancels a step, and every step that depends on it and so can no longer run. Running attempts are told within a heartbeat.
 * @throws TASK_NOT_FOUND, STEP_NOT_FOUND, TASK_STATE_CONFLICT, STEP_STATE_CONFLICT
 */
export async function cancelStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  by: Actor,
): Promise<WorkflowStep> {
  const answer = await act(parts, { taskId, step, by, verb: 'cancelled' }, async (held) => {
    requireMove(held, 'cancelled', 'cancelled');
    const { tx, task, pinned, step: target } = held;
    // A bypassed step waits for nobody, and nobody waits for it: what hangs on it alone goes on.
    const bypassed = bypassedPositions(pinned, task.bypassSteps);
    const children = pinned.children.map((_, position) => openChildren(pinned, position, bypassed));
    const positions = [target.position, ...descendantsOf(children, [target.position])];
    await revive(parts, tx, held);
    const cancelled = await parts.store.cancelSteps(tx, taskId, positions);
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
  const answer = await act(parts, { taskId, step, by, verb: 'retried' }, async (held) => {
    requireMove(held, 'pending', 'retried');
    const { tx, step: target, pinned } = held;
    const retryLimit =
      target.attempts + (pinned.definition.steps[target.position]?.retryLimit ?? 1);
    await parts.store.reopenSteps(tx, taskId, [{ position: target.position, retryLimit }]);
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
  const answer = await act(parts, { taskId, step, by, verb: 'resolved by hand' }, async (held) => {
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
  });
  parts.events.emit('step.resolved_manually', {
    taskId,
    step: answer.name,
    attempt: answer.attempts,
  });
  return answer;
}

/**
 * Edits the inputs or the retry limit of a step that has not finished. A limit above the attempts of an exhausted step revives it, and
 * its task. Edited inputs are what the handler sees as context from its next attempt on.
 * @throws INVALID_CONTEXT when inputs do not fit the task's schema; INVALID_REQUEST; otherwise as cancelStep
 */
export async function updateStep(
  parts: EngineParts,
  { taskId, step }: StepRef,
  change: Actor & { readonly inputs?: Json; readonly retryLimit?: number },
): Promise<WorkflowStep> {
  const { inputs, retryLimit } = change;
  if (inputs === undefined && retryLimit === undefined) {
    throw new TaskerError('INVALID_REQUEST', { problem: 'give inputs or retryLimit' });
  }
  return act(parts, { taskId, step, by: change, verb: 'edited' }, async (held) => {
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
    await parts.store.editStep(tx, {
      taskId,
      position: target.position,
      inputsText: checked?.contextText ?? null,
      retryLimit: retryLimit ?? null,
    });
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
}

async function act(
  parts: EngineParts,
  call: VerbCall,
  work: (held: HeldVerb) => Promise<void>,
): Promise<WorkflowStep> {
  const { taskId } = call;
  const by = checkActor(call.by);
  const { step, settled } = await actOnTask(parts, taskId, async (tx, task, pinned) => {
    const at = positionOf(pinned, taskId, call.step);
    if (!isOpenToOperators(task.status)) {
      throw new TaskerError('TASK_STATE_CONFLICT', {
        taskId,
        status: task.status,
        verb: `changed: its step cannot be ${call.verb}`,
      });
    }
    await work({ tx, task, pinned, by, step: await stepAt(parts, tx, { taskId, position: at }) });
    const settledNow = await settleIn(parts, tx, [taskId]);
    // Read before the commit: afterwards a worker may already have taken the step on.
    return { step: await stepAt(parts, tx, { taskId, position: at }), settled: settledNow };
  });
  announce(parts, settled);
  return step;
}

async function stepAt(
  parts: EngineParts,
  connection: Connection,
  { taskId, position }: { readonly taskId: number; readonly position: number },
): Promise<WorkflowStep> {
  const step = (await parts.store.listSteps(connection, [taskId])).get(taskId)?.[position];
  if (!step)
    throw new TaskerError('STEP_NOT_FOUND', { taskId, step: String(position), suggestion: '' });
  return step;
}

function requireMove(held: HeldVerb, to: StepStatus, verb: string): void {
  if (!mayStepMove(held.step.status, to, 'operator')) refuse(held, verb);
}

function requireUnfinished(held: HeldVerb, verb: string): void {
  if (!['pending', 'in_progress', 'error'].includes(held.step.status)) refuse(held, verb);
}

function refuse({ step, task }: HeldVerb, verb: string): never {
  const { status, name } = step;
  throw new TaskerError('STEP_STATE_CONFLICT', { taskId: task.taskId, step: name, status, verb });
}

function checkLimit(retryLimit: number, step: WorkflowStep): void {
  const least = Math.max(1, step.attempts);
  if (!Number.isInteger(retryLimit) || retryLimit < least || retryLimit > 1_000_000) {
    throw new TaskerError('INVALID_REQUEST', {
      problem: `retryLimit must be a whole number of at least ${least} (attempts made so far)`,
    });
  }
}

function checkResult(pinned: PinnedDefinition, step: WorkflowStep, result: Json): void {
  const answer = compileJsonSchema(pinned.definition.steps[step.position]?.resultSchema ?? null)(
    result,
  );
  if (!answer.ok)
    throw new TaskerError('INVALID_RESULT', { step: step.name, problems: answer.problems });
}

function logLine(
  held: HeldVerb,
  line: {
    readonly action: string;
    readonly before: {
      readonly position: number;
      readonly status: StepStatus;
      readonly attempts: number;
    };
    readonly to: StepStatus;
    readonly details?: Json;
  },
) {
  const { before } = line;
  return {
    taskId: held.task.taskId,
    position: before.position,
    action: line.action,
    ...held.by,
    fromStatus: before.status,
    toStatus: line.to,
    attempts: before.attempts,
    details: line.details ?? null,
  };
}
