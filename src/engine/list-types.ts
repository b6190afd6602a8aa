import type { Duration } from '../kernel/duration.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import type { StepStatus, TaskStatus } from '../model/status.ts';
import type { Actor, Task } from '../model/task.ts';

/** Which tasks are meant. What is given must all hold; nothing given means every task. */
export interface TaskFilter {
  readonly status?: readonly TaskStatus[];
  readonly name?: string;
  readonly namespace?: string;
  /** Only tasks of these namespaces, whatever else is asked: what a caller may see. An empty list matches nothing. */
  readonly namespaces?: readonly string[];
  readonly version?: string;
  readonly tag?: string;
  readonly initiator?: string;
  readonly sourceSystem?: string;
  /** Created at this moment or later. */
  readonly createdFrom?: Date;
  /** Created before this moment. */
  readonly createdTo?: Date;
  /** Values that the context must have, each at a dotted path (`cart.id`); at most 10. */
  readonly context?: readonly {
    readonly path: string;
    readonly value: string | number | boolean | null;
  }[];
  /** Tasks with a step in one of these states; with `dependentSystem`, a step of that system in one of these states. */
  readonly stepStatus?: readonly StepStatus[];
  /** Tasks whose definition has a step that depends on this system. */
  readonly dependentSystem?: string;
  /** Tasks with a note of this type in which this key has this value (a scalar, written as text). */
  readonly annotation?: { readonly type: string; readonly key: string; readonly value: string };
}

/** Where a page ended: what the next one continues from. `at` belongs to the order by `requested_at`, and is null otherwise. */
export interface TaskCursor {
  readonly taskId: number;
  readonly at: Date | null;
}

/** `created_at` is the order in which tasks were created, which is that of their ids. */
export type TaskOrder = 'task_id' | 'requested_at' | 'created_at';

/** A filter with its order and the page that is wanted. */
export interface TaskListRequest extends TaskFilter {
  /** @default 'task_id' */
  readonly sortBy?: TaskOrder;
  /** @default 'desc' */
  readonly sortOrder?: 'asc' | 'desc';
  /** The `next` of the page before, asked with the same filter and order. */
  readonly after?: TaskCursor;
  /** Skips so many tasks, 0 to 10,000; deeper pages need `after`. @default 0 */
  readonly offset?: number;
  /** 1 to 200. @default 20 */
  readonly limit?: number;
}

/**
 * A page of tasks. It may be shorter than its limit, even empty, and still have a `next`: a search that meets few matches among many
 * thousand tasks stops there, so that no page takes long. The list has ended when `next` is null.
 */
export interface TaskPage {
  readonly tasks: readonly Task[];
  /** Give it as `after` for the next page; null on the last one. */
  readonly next: TaskCursor | null;
}

/** How many there are; at least so many when it is not `exact`. */
export interface Count {
  readonly count: number;
  readonly exact: boolean;
}

export interface AnnotationType {
  readonly annotationTypeId: number;
  readonly name: string;
  readonly description: string;
}

export interface DependentSystem {
  readonly dependentSystemId: number;
  readonly name: string;
  readonly description: string;
}

/** Which pairs are meant: those with this object, or with any object of this system. */
export interface ObjectMapRequest {
  readonly system?: string;
  /** The id of the object in `system`; needs `system`. */
  readonly id?: string;
  /** 1 to 200. @default 20 */
  readonly limit?: number;
  /** The `objectMapId` that the page before ended with. Pairs come in order of their ids. */
  readonly after?: number;
}

/** A pair of objects of two systems that are the same thing. */
export interface ObjectMap {
  readonly objectMapId: number;
  readonly systemOne: string;
  readonly idOne: string;
  readonly systemTwo: string;
  readonly idTwo: string;
  readonly createdAt: Date;
}

/** Which stored definitions are meant, newest first. */
export interface StoredDefinitionRequest {
  readonly namespace?: string;
  readonly name?: string;
  /** Only these namespaces: what a caller may see. */
  readonly namespaces?: readonly string[];
  /** The `definitionId` that the page before ended with. */
  readonly after?: number;
  /** 1 to 1,000. @default 200 */
  readonly limit?: number;
}

/** A definition as the database keeps it, with or without tasks of it. */
export interface StoredDefinition {
  readonly definitionId: number;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly contentHash: string;
  readonly createdAt: Date;
  /** How many steps it has. */
  readonly steps: number;
}

/** A stored definition with its whole content. */
export interface FullStoredDefinition extends StoredDefinition {
  readonly definition: TaskDefinition;
}

/** One verb for every task that a filter matches. */
export interface BulkRequest {
  readonly action: 'cancel' | 'retry' | 'resolve';
  /** Must name something: a filter without any condition is refused. */
  readonly filter: TaskFilter;
  readonly by: Actor;
  /** Acts on so many tasks at most, 1 to 10,000, in order of their ids. */
  readonly limit: number;
  /** Only says what would be matched. @default false */
  readonly preview?: boolean;
}

export interface BulkAnswer {
  /** How many tasks the filter matched before anything was done. */
  readonly matched: Count;
  /** Tasks that the verb changed. */
  readonly acted: number;
  /** Tasks that the verb does not allow in their state, and why; each counts against the limit. */
  readonly refused: readonly {
    readonly taskId: number;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  /** How many matching tasks the limit left untouched. */
  readonly remaining: Count;
}

/** Which runs a report is about. */
export interface SlowestStepsRequest {
  /** Tasks created so long ago or later. @default '24h' */
  readonly since?: Duration;
  readonly name?: string;
  readonly namespace?: string;
  readonly namespaces?: readonly string[];
  /** 1 to 100. @default 20 */
  readonly limit?: number;
}

/** How a step behaved: runs that succeeded, in milliseconds, and runs that did not. */
export interface StepTiming {
  readonly namespace: string;
  readonly task: string;
  readonly step: string;
  /** Runs that succeeded. */
  readonly runs: number;
  /** Runs that failed, timed out or lost their worker. */
  readonly failures: number;
  readonly averageMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** How much a report looked at. */
export interface ReportExtent {
  /** Tasks that were looked at, newest first. */
  readonly rows: number;
  /** False when the period has more tasks than a report looks at: it is then about the newest `rows` ones. */
  readonly complete: boolean;
}

/** The slowest steps, by average. */
export interface SlowestSteps extends ReportExtent {
  readonly steps: readonly StepTiming[];
}

export interface StatusCountsRequest {
  /** Tasks created so long ago or later. @default '24h' */
  readonly since?: Duration;
  /** Width of one bucket, cut in UTC. @default 'hour' */
  readonly bucket?: 'minute' | 'hour' | 'day';
  readonly name?: string;
  readonly namespaces?: readonly string[];
}

/** Tasks by the moment of their creation and their status of now, oldest bucket first; empty buckets are left out. */
export interface StatusCounts extends ReportExtent {
  readonly buckets: readonly {
    readonly at: Date;
    readonly counts: Partial<Readonly<Record<TaskStatus, number>>>;
  }[];
}
