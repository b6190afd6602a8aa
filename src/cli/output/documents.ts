/**
 * What `--json` prints: the same documents as the interface over HTTP gives, for a caller who may see everything. The JSON that users
 * own (contexts, inputs, results, annotations) is passed through untouched.
 */
import { toOperatorEntryDto } from '../../api/wire/catalog.ts';
import type { Sight } from '../../api/wire/sight.ts';
import { toAttemptDto, toStepDto, toStoredErrorDto } from '../../api/wire/step.ts';
import { toTaskDto } from '../../api/wire/task.ts';
import type { Json } from '../../kernel/json.ts';
import type { Attempt, StoredError, Task, WorkflowStep } from '../../model/task.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import type { DoctorFinding, OperatorEntry, Violation } from '../../engine/types.ts';

/** The command line reads the database itself: it shows everything. */
const EVERYTHING: Sight = { context: true, results: true };

/** A task. */
export function taskDocument(task: Task): object {
  return toTaskDto(task, EVERYTHING);
}

/** A step. `waiting_because` is the sentence of the live view, or null for a step that needs nothing more. */
export function stepDocument(step: WorkflowStep, waitingBecause: string | null): object {
  return {
    ...toStepDto(step, EVERYTHING),
    error: errorDocument(step.error),
    waiting_because: waitingBecause,
  };
}

/** One run of a handler. */
export function attemptDocument(attempt: Attempt): object {
  return {
    task_id: attempt.taskId,
    ...toAttemptDto(attempt, EVERYTHING),
    error: errorDocument(attempt.error),
  };
}

/**
 * A stored error without its stack trace, which is for the developers of handlers and stays in the database. Scripts find every member,
 * null where the error has none.
 */
export function errorDocument(error: StoredError | null): object | null {
  if (error === null) return null;
  return {
    code: null,
    retryable: null,
    data: null,
    ...toStoredErrorDto(error),
    cause: errorDocument(error.cause ?? null),
  };
}

/** Who did what. */
export function operatorEntryDocument(entry: OperatorEntry): object {
  return toOperatorEntryDto(entry, EVERYTHING);
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
