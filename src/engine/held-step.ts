import type { Connection } from '../db/db.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { mayStepMove, type StepStatus } from '../model/status.ts';
import type { Actor, Task, WorkflowStep } from '../model/task.ts';
import type { OperatorLogEntry } from '../store/operators/operator-log.ts';
import { checkActor, type CheckedActor } from './check-actor.ts';
import { actOnTask, positionOf, type EngineParts } from './parts.ts';
import type { PinnedDefinition } from './pinned-definitions.ts';
import { isOpenToOperators } from './revive.ts';
import { announce, settleIn } from './settle.ts';

/** A step of a task, by name or position. */
export interface StepRef {
  readonly taskId: number;
  readonly step: string | number;
}

/** A step while an operator's verb holds its task. */
export interface HeldStep {
  readonly tx: Connection;
  readonly task: Task;
  readonly pinned: PinnedDefinition;
  readonly step: WorkflowStep;
  readonly by: CheckedActor;
}

interface StepVerb {
  readonly taskId: number;
  readonly step: string | number;
  readonly by: Actor;
  /** How the verb is called in a refusal: "it cannot be …". */
  readonly verb: string;
}

/**
 * Runs an operator's verb on a step: in one transaction, with the task held and open to operators, and settled afterwards. Answers the
 * step as the verb left it. @throws TASK_NOT_FOUND, STEP_NOT_FOUND, TASK_STATE_CONFLICT
 */
export async function actOnStep(
  parts: EngineParts,
  call: StepVerb,
  work: (held: HeldStep) => Promise<void>,
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

/** A step as it is now. @throws STEP_NOT_FOUND */
export async function stepAt(
  parts: EngineParts,
  connection: Connection,
  { taskId, position }: { readonly taskId: number; readonly position: number },
): Promise<WorkflowStep> {
  const step = (await parts.store.listSteps(connection, [taskId])).get(taskId)?.[position];
  if (!step)
    throw new TaskerError('STEP_NOT_FOUND', { taskId, step: String(position), suggestion: '' });
  return step;
}

/** @throws STEP_STATE_CONFLICT when an operator may not move the step so */
export function requireMove(held: HeldStep, to: StepStatus, verb: string): void {
  if (!mayStepMove(held.step.status, to, 'operator')) refuse(held, verb);
}

/** @throws STEP_STATE_CONFLICT when the step has finished */
export function requireUnfinished(held: HeldStep, verb: string): void {
  if (!['pending', 'in_progress', 'error'].includes(held.step.status)) refuse(held, verb);
}

/** @throws STEP_STATE_CONFLICT always */
export function refuse({ step, task }: HeldStep, verb: string): never {
  const { status, name } = step;
  throw new TaskerError('STEP_STATE_CONFLICT', { taskId: task.taskId, step: name, status, verb });
}

/** One line of the operator log about a step of the held task. */
export function logLine(
  held: HeldStep,
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
): OperatorLogEntry {
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
