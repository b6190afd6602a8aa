import type { Json } from '../kernel/json.ts';
import type { StoredError } from '../kernel/serialize-error.ts';
import type { StepStatus, TaskStatus } from './status.ts';

export type { StoredError };

/** What a caller asks for. The defaults are the seed's: initiator, reason and source_system are "unknown", lists are empty. */
export interface TaskRequest {
  readonly context: Json;
  readonly initiator?: string;
  readonly reason?: string;
  readonly sourceSystem?: string;
  readonly tags?: readonly string[];
  /** Names of skippable steps that are not to run; each becomes `skipped` and its dependents run. */
  readonly bypassSteps?: readonly string[];
  /** When the request was made. @default the database's clock */
  readonly requestedAt?: Date;
  /** Higher runs first; -1000 to 1000. @default the definition's priority, itself 0 by default */
  readonly priority?: number;
  /** The same key with the same request gives the same task; with another request, an error. */
  readonly idempotencyKey?: string;
}

/** Who acts, and why: recorded with every operator action. */
export interface Actor {
  readonly actor: string;
  readonly reason?: string;
}

/** A task as read from the database. Timestamps are the database's. */
export interface Task {
  readonly taskId: number;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly definitionId: number;
  readonly status: TaskStatus;
  /** True when the status is `complete`. */
  readonly complete: boolean;
  readonly context: Json;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  readonly bypassSteps: readonly string[];
  readonly priority: number;
  readonly idempotencyKey: string | null;
  readonly requestedAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly settledAt: Date | null;
  /** The latest of the moments above: when the task was created, started or settled. An edit of reason or tags has no moment. */
  readonly updatedAt: Date;
  /** Changes with every change of the task itself (not of its steps); opaque. Give it as `ifRevision` to change only what was read. */
  readonly revision: string;
}

/** A step as read from the database, joined with its template. */
export interface WorkflowStep {
  /** `task_id * 65536 + position`: derived, so that it costs no index. */
  readonly workflowStepId: number;
  /** The id of the step's template, `definition_id * 65536 + position`: the same in every task of one definition version. */
  readonly namedStepId: number;
  readonly taskId: number;
  readonly position: number;
  readonly name: string;
  readonly description: string;
  readonly dependentSystem: string;
  readonly kind: string;
  readonly queue: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly retryLimit: number;
  readonly retryable: boolean;
  readonly skippable: boolean;
  /** True once the step needs nothing more: complete, skipped or resolved by hand. */
  readonly processed: boolean;
  readonly inProcess: boolean;
  readonly processedAt: Date | null;
  readonly lastAttemptedAt: Date | null;
  /** When the next attempt may start, for a step in the ready queue. */
  readonly readyAt: Date | null;
  /** Unfinished parents. */
  readonly waitingOn: number;
  readonly workerId: number | null;
  /** What the handler receives as context: the task's, unless an operator edited it. */
  readonly inputs: Json;
  readonly results: Json;
  readonly error: StoredError | null;
  readonly parentIds: readonly number[];
  readonly childIds: readonly number[];
  /** Other steps with exactly the same parents. */
  readonly siblingIds: readonly number[];
  /** Changes with every change of the step; opaque. Give it as `ifRevision` to change only what was read. */
  readonly revision: string;
}

/** A note on a task, by one of its steps or from outside. */
export interface TaskAnnotation {
  readonly taskAnnotationId: number;
  readonly taskId: number;
  /** The step that wrote it; null when an operator or the host did. */
  readonly step: string | null;
  readonly annotationTypeId: number;
  /** The name of its type. */
  readonly type: string;
  readonly annotation: Json;
  readonly createdAt: Date;
}

export type AttemptOutcome = 'running' | 'success' | 'error' | 'timeout' | 'lost' | 'cancelled';

/** One run of a handler: the past ones from the attempts table, the current or successful one from the step row. */
export interface Attempt {
  readonly taskId: number;
  readonly step: string;
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  readonly workerId: number | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly error: StoredError | null;
}

/** At most so many steps in a task: a step's id keeps 16 bits for its position. */
export const MAX_STEPS = 65_536;

/** The id of a step, from its task and position. */
export function workflowStepId(taskId: number, position: number): number {
  return taskId * MAX_STEPS + position;
}

/** The task and position that a step id names. */
export function splitWorkflowStepId(id: number): {
  readonly taskId: number;
  readonly position: number;
} {
  return { taskId: Math.floor(id / MAX_STEPS), position: id % MAX_STEPS };
}
