import type { AttemptDto, StepDto } from '../../contract/dto/step.ts';
import type { StoredErrorDto } from '../../contract/dto/stored-error.ts';
import type { Attempt, StoredError, WorkflowStep } from '../../model/task.ts';
import type { Sight } from './sight.ts';

export function toStepDto(step: WorkflowStep, sight: Sight): StepDto {
  return {
    workflow_step_id: step.workflowStepId,
    task_id: step.taskId,
    named_step_id: step.namedStepId,
    position: step.position,
    name: step.name,
    description: step.description,
    dependent_system: step.dependentSystem,
    kind: step.kind,
    queue: step.queue,
    status: step.status,
    attempts: step.attempts,
    retry_limit: step.retryLimit,
    retryable: step.retryable,
    skippable: step.skippable,
    processed: step.processed,
    in_process: step.inProcess,
    processed_at: step.processedAt?.toISOString() ?? null,
    last_attempted_at: step.lastAttemptedAt?.toISOString() ?? null,
    ready_at: step.readyAt?.toISOString() ?? null,
    backoff_request_seconds: backoffSeconds(step),
    waiting_on: step.waitingOn,
    worker_id: step.workerId,
    parents_ids: [...step.parentIds],
    children_ids: [...step.childIds],
    siblings_ids: [...step.siblingIds],
    revision: step.revision,
    ...(sight.context ? { inputs: step.inputs } : {}),
    ...(sight.results ? { results: step.results, error: errorOrNull(step.error) } : {}),
  };
}

/** What an attempt waits for, counted from the attempt before it; null when nothing waits. */
export function backoffSeconds({
  readyAt,
  lastAttemptedAt,
  attempts,
}: Pick<WorkflowStep, 'readyAt' | 'lastAttemptedAt' | 'attempts'>): number | null {
  if (readyAt === null || lastAttemptedAt === null || attempts === 0) return null;
  return Math.max(0, Math.ceil((readyAt.getTime() - lastAttemptedAt.getTime()) / 1_000));
}

export function toAttemptDto(attempt: Attempt, sight: Sight): AttemptDto {
  return {
    step: attempt.step,
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    worker_id: attempt.workerId,
    started_at: attempt.startedAt.toISOString(),
    finished_at: attempt.finishedAt?.toISOString() ?? null,
    ...(sight.results ? { error: errorOrNull(attempt.error) } : {}),
  };
}

/** Without the stack: it names files of the server. */
export function toStoredErrorDto(error: StoredError): StoredErrorDto {
  return {
    name: error.name,
    message: error.message,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.retryable === undefined ? {} : { retryable: error.retryable }),
    ...(error.data === undefined ? {} : { data: error.data }),
    ...(error.cause === undefined ? {} : { cause: toStoredErrorDto(error.cause) }),
  };
}

function errorOrNull(error: StoredError | null): StoredErrorDto | null {
  return error === null ? null : toStoredErrorDto(error);
}
