/**
 * What `--json` prints: snake_case words, dates as ISO 8601 in UTC, absent things as null. The JSON that users own (contexts, inputs,
 * results, annotations) is passed through untouched.
 */
import type { Json } from '../../kernel/json.ts';
import type { Attempt, StoredError, Task, WorkflowStep } from '../../model/task.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import type { DoctorFinding, OperatorEntry, Violation } from '../../engine/types.ts';

/** A task. */
export function taskDocument(task: Task): object {
  return {
    task_id: task.taskId,
    namespace: task.namespace,
    name: task.name,
    version: task.version,
    status: task.status,
    complete: task.complete,
    context: task.context,
    initiator: task.initiator,
    reason: task.reason,
    source_system: task.sourceSystem,
    tags: task.tags,
    bypass_steps: task.bypassSteps,
    priority: task.priority,
    idempotency_key: task.idempotencyKey,
    requested_at: moment(task.requestedAt),
    created_at: moment(task.createdAt),
    started_at: moment(task.startedAt),
    settled_at: moment(task.settledAt),
  };
}

/** A step. `waiting_because` is the sentence of the live view, or null for a step that needs nothing more. */
export function stepDocument(step: WorkflowStep, waitingBecause: string | null): object {
  return {
    workflow_step_id: step.workflowStepId,
    task_id: step.taskId,
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
    processed_at: moment(step.processedAt),
    last_attempted_at: moment(step.lastAttemptedAt),
    ready_at: moment(step.readyAt),
    waiting_on: step.waitingOn,
    waiting_because: waitingBecause,
    worker_id: step.workerId,
    inputs: step.inputs,
    results: step.results,
    error: errorDocument(step.error),
    parents_ids: step.parentIds,
    children_ids: step.childIds,
    siblings_ids: step.siblingIds,
  };
}

/** One run of a handler. */
export function attemptDocument(attempt: Attempt): object {
  return {
    task_id: attempt.taskId,
    step: attempt.step,
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    worker_id: attempt.workerId,
    started_at: moment(attempt.startedAt),
    finished_at: moment(attempt.finishedAt),
    error: errorDocument(attempt.error),
  };
}

/** A stored error without its stack trace, which is for the developers of handlers and stays in the database. */
export function errorDocument(error: StoredError | null): object | null {
  if (error === null) return null;
  return {
    name: error.name,
    message: error.message,
    code: error.code ?? null,
    retryable: error.retryable ?? null,
    data: error.data ?? null,
    cause: errorDocument(error.cause ?? null),
  };
}

/** Who did what. */
export function operatorEntryDocument(entry: OperatorEntry): object {
  return {
    log_id: entry.logId,
    task_id: entry.taskId,
    step: entry.step,
    action: entry.action,
    actor: entry.actor,
    reason: entry.reason,
    from_status: entry.fromStatus,
    to_status: entry.toStatus,
    details: entry.details,
    created_at: moment(entry.createdAt),
  };
}

/** A note attached to a task. */
export function annotationDocument(note: {
  readonly type: string;
  readonly step: string | null;
  readonly annotation: Json;
}): object {
  return { type: note.type, step: note.step, annotation: note.annotation };
}

/** What `check` says about a sound definition. */
export function definitionDocument(definition: TaskDefinition): object {
  return {
    namespace: definition.namespace,
    name: definition.name,
    version: definition.version,
    content_hash: definition.contentHash,
    steps: definition.steps.map((step) => step.name),
  };
}

/** A broken law. */
export function violationDocument(violation: Violation): object {
  const { invariant, title, count, rows } = violation;
  return { invariant, title, count, rows };
}

/** A line of `doctor`. */
export function findingDocument(finding: DoctorFinding): object {
  const { check, level, message, hint } = finding;
  return { check, level, message, hint: hint ?? null };
}

function moment(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
