import type { Json } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';

/** The task that a handler works for. */
export interface TaskInfo {
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  readonly requestedAt: Date;
}

/** The step and attempt that a handler is. */
export interface StepInfo {
  readonly id: number;
  readonly name: string;
  /** 1 on the first run. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly dependentSystem: string;
}

/** A step as seen by `sequence.findStepByName`, in the seed's manner. */
export interface SequenceStep {
  readonly name: string;
  readonly results: Json;
}

/** The seed's way to reach other steps' results: the direct parents of this step. */
export interface Sequence {
  readonly steps: readonly SequenceStep[];
  /** The step of that name, or null. */
  findStepByName(name: string): SequenceStep | null;
}

/**
 * What a handler receives. Every value is the handler's own copy or read-only: two steps that run at once share nothing mutable (B40).
 */
export interface HandlerContext<
  Context = Json,
  Deps = Readonly<Record<string, Json>>,
  Config = Json,
> {
  /** The task's context, or this step's inputs when an operator edited them. */
  readonly context: Context;
  /** Results of the steps this one depends on, by name (YAML) or by the alias given in `dependsOn` (code). */
  readonly deps: Deps;
  /** `handler_config` of the definition. */
  readonly config: Config;
  readonly task: TaskInfo;
  readonly step: StepInfo;
  readonly sequence: Sequence;
  /** Aborted when the attempt times out, is cancelled, loses its lease, or the worker stops and its grace is over. */
  readonly signal: AbortSignal;
  /** `<task id>:<step name>`: the same for every attempt, for use as a key at outside systems. */
  readonly idempotencyKey: string;
  readonly logger: Logger;
  /** Attaches a note to the task when this attempt succeeds; the same type twice in one step replaces. */
  readonly annotate: (type: string, annotation: Json) => void;
}

/** A handler: one async function. A class with `call(ctx)` is accepted wherever a function is. */
export type StepFunction = (ctx: HandlerContext) => unknown;
export interface StepObject {
  call(ctx: HandlerContext): unknown;
}
/** What may be registered: a function, an object with `call`, or a class (constructed per attempt with its `handler_config`). */
export type StepHandler = StepFunction | StepObject | (new (config?: Json) => StepObject);
