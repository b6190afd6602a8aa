/** What a service answers, as the engine's own types: the same command prints the same, here and there. */
import type { z } from 'zod';
import type { AnnotationDto } from '../contract/dto/annotation.ts';
import type { AttemptDto, StepDto } from '../contract/dto/step.ts';
import type { StoredErrorDto } from '../contract/dto/stored-error.ts';
import type { operatorEntryDto, workerDto } from '../contract/dto/system.ts';
import type { TaskDto } from '../contract/dto/task.ts';
import type { OperatorEntry, WorkerInfo } from '../engine/types.ts';
import type { Attempt, StoredError, Task, TaskAnnotation, WorkflowStep } from '../model/task.ts';

/** A task. Its context is null for a caller who may not see it. */
export function taskOf(dto: TaskDto): Task {
  return {
    taskId: dto.task_id,
    namespace: dto.namespace,
    name: dto.name,
    version: dto.version,
    definitionId: dto.definition_id,
    status: dto.status,
    complete: dto.complete,
    context: dto.context ?? null,
    initiator: dto.initiator,
    reason: dto.reason,
    sourceSystem: dto.source_system,
    tags: dto.tags,
    bypassSteps: dto.bypass_steps,
    priority: dto.priority,
    idempotencyKey: dto.idempotency_key,
    requestedAt: new Date(dto.requested_at),
    createdAt: new Date(dto.created_at),
    startedAt: dateOf(dto.started_at),
    settledAt: dateOf(dto.settled_at),
    updatedAt: new Date(dto.updated_at),
    revision: dto.revision,
  };
}

/** A step. Inputs, results and error are null for a caller who may not see them. */
export function stepOf(dto: StepDto): WorkflowStep {
  return {
    workflowStepId: dto.workflow_step_id,
    namedStepId: dto.named_step_id,
    taskId: dto.task_id,
    position: dto.position,
    name: dto.name,
    description: dto.description,
    dependentSystem: dto.dependent_system,
    kind: dto.kind,
    queue: dto.queue,
    status: dto.status,
    attempts: dto.attempts,
    retryLimit: dto.retry_limit,
    retryable: dto.retryable,
    skippable: dto.skippable,
    processed: dto.processed,
    inProcess: dto.in_process,
    processedAt: dateOf(dto.processed_at),
    lastAttemptedAt: dateOf(dto.last_attempted_at),
    readyAt: dateOf(dto.ready_at),
    waitingOn: dto.waiting_on,
    workerId: dto.worker_id,
    inputs: dto.inputs ?? null,
    results: dto.results ?? null,
    error: errorOf(dto.error),
    parentIds: dto.parents_ids,
    childIds: dto.children_ids,
    siblingIds: dto.siblings_ids,
    revision: dto.revision,
  };
}

export function attemptOf(dto: AttemptDto, taskId: number): Attempt {
  return {
    taskId,
    step: dto.step,
    attempt: dto.attempt,
    outcome: dto.outcome,
    workerId: dto.worker_id,
    startedAt: new Date(dto.started_at),
    finishedAt: dateOf(dto.finished_at),
    error: errorOf(dto.error),
  };
}

export function annotationOf(dto: AnnotationDto): TaskAnnotation {
  return {
    taskAnnotationId: dto.task_annotation_id,
    taskId: dto.task_id,
    step: dto.step,
    annotationTypeId: dto.annotation_type_id,
    type: dto.annotation_type_name,
    annotation: dto.annotation,
    createdAt: new Date(dto.created_at),
  };
}

export function workerOf(dto: z.output<typeof workerDto>): WorkerInfo {
  return {
    workerId: dto.worker_id,
    name: dto.name,
    hostname: dto.hostname,
    pid: dto.pid,
    version: dto.version,
    queues: dto.queues,
    slots: dto.slots,
    startedAt: new Date(dto.started_at),
    heartbeatAt: new Date(dto.heartbeat_at),
    state: dto.state,
  };
}

export function operatorEntryOf(dto: z.output<typeof operatorEntryDto>): OperatorEntry {
  return {
    logId: dto.log_id,
    taskId: dto.task_id,
    step: dto.step,
    action: dto.action,
    actor: dto.actor,
    reason: dto.reason,
    // sound: the declaration says text, and the server writes the statuses of the model into it
    fromStatus: dto.from_status as OperatorEntry['fromStatus'],
    toStatus: dto.to_status as OperatorEntry['toStatus'], // the same
    details: dto.details ?? null,
    createdAt: new Date(dto.created_at),
  };
}

function errorOf(dto: StoredErrorDto | null | undefined): StoredError | null {
  if (dto === null || dto === undefined) return null;
  const { name, message, code, retryable, data, cause } = dto;
  const inner = errorOf(cause);
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(retryable === undefined ? {} : { retryable }),
    ...(data === undefined ? {} : { data }),
    ...(inner === null ? {} : { cause: inner }),
  };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
