import type { Json } from '../../kernel/json.ts';
import type { Row } from '../../db/db.ts';

/** What a handler must know of the task; read with the first step of a task that a worker claims. */
export interface ClaimedTask {
  readonly context: Json;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  /** Names of the steps that were bypassed at creation. */
  readonly bypassSteps: readonly string[];
  readonly requestedAt: Date;
  /** W3C traceparent of the span that created the task, or null. */
  readonly traceContext: string | null;
}

/** A step that a worker holds from now on. */
export interface ClaimedStep {
  readonly taskId: number;
  readonly position: number;
  /** The fencing token of this run; 1 on the first. */
  readonly attempts: number;
  readonly definitionId: number;
  readonly rank: number;
  /** Inputs that an operator edited, or null. */
  readonly inputs: Json;
  /** A retry limit that an operator set, or null for the definition's. */
  readonly retryLimit: number | null;
  /** Milliseconds from when the step could be claimed until it was; null when it did not come from the queue, or that is not known. */
  readonly waitedMs: number | null;
  /** Null when the step was taken on from a parent: then this worker has read the task before. */
  readonly task: ClaimedTask | null;
}

/** Reads a held step with its task. The casts name the column types of held-steps. */
export function toClaimedStep(row: Row): ClaimedStep {
  return {
    taskId: row['task_id'] as number,
    position: row['position'] as number,
    attempts: row['attempts'] as number,
    definitionId: row['definition_id'] as number,
    rank: row['rank'] as number,
    inputs: row['inputs'] as Json,
    retryLimit: row['retry_limit'] as number | null,
    waitedMs: row['waited_ms'] as number | null,
    task: row['initiator'] === null ? null : toClaimedTask(row),
  };
}

/** The same for the task's columns; the casts name their types. */
export function toClaimedTask(row: Row): ClaimedTask {
  return {
    context: row['context'] as Json,
    initiator: row['initiator'] as string,
    reason: row['reason'] as string,
    sourceSystem: row['source_system'] as string,
    tags: row['tags'] as readonly string[],
    bypassSteps: row['bypass_steps'] as readonly string[],
    requestedAt: new Date(row['requested_at'] as number),
    traceContext: row['trace_context'] as string | null,
  };
}
