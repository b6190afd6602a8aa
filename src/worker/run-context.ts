import type { Json } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { AttemptSpan } from '../telemetry/attempt-span.ts';
import { attemptFields, loggerWith } from '../telemetry/step-logger.ts';
import type { HandlerContext, Sequence, StepInfo, TaskInfo } from '../model/handler-context.ts';

/** One parent's result, as JSON text; undefined when the parent was skipped or has no result. */
export interface ParentResult {
  readonly name: string;
  readonly alias: string;
  readonly text: string | undefined;
}

/** What a run's context is made of. */
export interface RunFacts {
  readonly context: Json;
  readonly config: Json;
  /** Asked for when the handler asks for results. */
  readonly parents: () => readonly ParentResult[];
  readonly task: TaskInfo;
  readonly step: StepInfo;
  readonly idempotencyKey: string;
  /** The logger of which this attempt's is a child. */
  readonly logger: Logger;
  /** Null where nothing is traced. */
  readonly span: AttemptSpan | null;
}

/**
 * What one attempt's handler receives. Everything that costs something is made when it is first asked for: most handlers never look
 * at `signal`, `sequence` or `logger`.
 *
 * I1 (B40): results of parents are parsed anew for every attempt, and the context is frozen: nothing mutable is shared between runs.
 */
export class RunContext implements HandlerContext {
  readonly context: Json;
  readonly config: Json;
  readonly task: TaskInfo;
  readonly step: StepInfo;
  readonly idempotencyKey: string;
  readonly #facts: RunFacts;
  #controller: AbortController | null = null;
  #logger: Logger | null = null;
  #deps: Readonly<Record<string, Json>> | null = null;
  #annotations: Map<string, Json> | null = null;
  #open = true;

  constructor(facts: RunFacts) {
    this.#facts = facts;
    this.context = facts.context;
    this.config = facts.config;
    this.task = facts.task;
    this.step = facts.step;
    this.idempotencyKey = facts.idempotencyKey;
  }

  get logger(): Logger {
    const { task, step, logger, span } = this.#facts;
    this.#logger ??= loggerWith(
      logger,
      attemptFields({ taskId: task.id, task, step: step.name, attempt: step.attempt, span }),
    );
    return this.#logger;
  }

  get deps(): Readonly<Record<string, Json>> {
    this.#deps ??= Object.fromEntries(
      this.#facts
        .parents()
        .flatMap((p) => (p.text === undefined ? [] : [[p.alias, JSON.parse(p.text) as Json]])), // text that passed the gate
    );
    return this.#deps;
  }

  get sequence(): Sequence {
    const steps = this.#facts.parents().map((p) => ({
      name: p.name,
      results: p.text === undefined ? null : (JSON.parse(p.text) as Json), // text that passed the gate
    }));
    return { steps, findStepByName: (name) => steps.find((step) => step.name === name) ?? null };
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** A getter, so that a handler may take it out of the context: `({ annotate }) => …`. */
  get annotate(): (type: string, annotation: Json) => void {
    return (type, annotation) => {
      if (!this.#open) return; // the attempt is over: nothing of it may be stored any more
      this.#annotations ??= new Map();
      this.#annotations.set(type, annotation);
    };
  }

  /** Tells the handler that its attempt is over. */
  abort(reason: Error): void {
    this.#open = false;
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** The notes of the attempt, by type; closes them. */
  takeAnnotations(): ReadonlyMap<string, Json> | null {
    this.#open = false;
    return this.#annotations;
  }
}

/** Freezes JSON through and through. */
export function deepFreeze(value: Json): Json {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
