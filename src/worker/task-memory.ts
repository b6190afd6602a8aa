import type { EngineParts } from '../engine/parts.ts';
import { bypassedPositions, type PinnedDefinition } from '../engine/pinned-definitions.ts';
import type { ClaimedStep, ClaimedTask } from '../store/steps/claimed-step.ts';
import type { TaskInfo } from '../model/handler-context.ts';
import type { Json } from '../kernel/json.ts';
import { deepFreeze } from './run-context.ts';

/** What a worker remembers of a task while it works on its steps. */
export interface RememberedTask {
  readonly info: TaskInfo;
  readonly context: Json;
  readonly bypassed: ReadonlySet<number>;
  /** W3C traceparent of the span that created the task, or null. */
  readonly traceContext: string | null;
  /** Results of steps as JSON text, by position; null for a step that has none (skipped). */
  readonly results: Map<number, string | null>;
}

/**
 * Remembers tasks between their steps, so that a step that follows another in the same worker needs no read. Bounded: the tasks that
 * were used longest ago go first, and what is forgotten is read again.
 */
export class TaskMemory {
  readonly #parts: EngineParts;
  readonly #capacity: number;
  readonly #tasks = new Map<number, RememberedTask>();

  constructor(parts: EngineParts, capacity: number) {
    this.#parts = parts;
    this.#capacity = capacity;
  }

  peek(taskId: number): RememberedTask | undefined {
    return this.#tasks.get(taskId);
  }

  /** Remembers what came with a claim. */
  learn(step: ClaimedStep, pinned: PinnedDefinition): RememberedTask | undefined {
    const known = this.#tasks.get(step.taskId);
    if (known) {
      this.#tasks.delete(step.taskId); // used now: the last to be forgotten
      this.#tasks.set(step.taskId, known);
    }
    if (known || step.task === null) return known;
    return this.#remember(step.taskId, step.task, pinned);
  }

  /** Keeps a result for the steps that depend on it. */
  keepResult(taskId: number, position: number, text: string): void {
    this.#tasks.get(taskId)?.results.set(position, text);
  }

  forget(taskId: number): void {
    this.#tasks.delete(taskId);
  }

  /** Reads what is missing to run these steps: the tasks that were forgotten, and results of parents, in at most two statements. */
  async load(
    steps: readonly ClaimedStep[],
    pinnedOf: (step: ClaimedStep) => PinnedDefinition,
  ): Promise<void> {
    const unknown = [
      ...new Set(steps.filter((s) => !this.#tasks.has(s.taskId)).map((s) => s.taskId)),
    ];
    const pinned = new Map(steps.map((s) => [s.taskId, pinnedOf(s)]));
    if (unknown.length > 0) {
      for (const [taskId, task] of await this.#parts.store.loadTasks(this.#parts.db, unknown)) {
        const definition = pinned.get(taskId);
        if (definition) this.#remember(taskId, task, definition);
      }
    }
    const wanted = steps.flatMap((s) =>
      this.missingParents(s, pinnedOf(s)).map((position) => ({ taskId: s.taskId, position })),
    );
    if (wanted.length === 0) return;
    for (const row of await this.#parts.store.loadResults(this.#parts.db, wanted)) {
      this.#tasks
        .get(row.taskId)
        ?.results.set(row.position, row.satisfied ? JSON.stringify(row.results) : null);
    }
  }

  /** Positions of parents whose result is not in memory. */
  missingParents(step: ClaimedStep, pinned: PinnedDefinition): readonly number[] {
    const parents = pinned.definition.steps[step.position]?.parents ?? [];
    if (parents.length === 0) return parents;
    const known = this.#tasks.get(step.taskId);
    return parents.filter((parent) => !known?.results.has(parent) && !known?.bypassed.has(parent));
  }

  #remember(taskId: number, task: ClaimedTask, pinned: PinnedDefinition): RememberedTask {
    const { name, namespace, version } = pinned.definition;
    const { context, bypassSteps, traceContext, ...rest } = task;
    const remembered: RememberedTask = {
      info: { id: taskId, name, namespace, version, ...rest },
      context: deepFreeze(context),
      bypassed: bypassedPositions(pinned, bypassSteps),
      traceContext,
      results: new Map(),
    };
    this.#tasks.set(taskId, remembered);
    if (this.#tasks.size > this.#capacity) {
      const oldest = this.#tasks.keys().next();
      if (!oldest.done) this.#tasks.delete(oldest.value);
    }
    return remembered;
  }
}
