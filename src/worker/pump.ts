import { advance, errorText, fail } from '../engine/advance.ts';
import type { EngineParts } from '../engine/parts.ts';
import { openChildren } from '../engine/pinned-definitions.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { AdvanceAnswer, ChildMove, Completion } from '../store/steps/advance-steps.ts';
import { workflowStepId } from '../model/task.ts';
import type { FailedRun, Run, Success, WorkerIdentity } from './run.ts';

/** Outcomes that one statement carries. */
const MAX_BATCH = 500;

export interface PumpOptions {
  readonly concurrency: number;
  readonly connections: number;
  readonly queues: readonly string[];
}

/** What the pump asks of the worker around it. */
export interface PumpHost {
  readonly identity: () => WorkerIdentity;
  /** Steps whose handler is running here. */
  readonly running: () => number;
  readonly excluded: () => readonly number[];
  /** Claimed steps, to be run. */
  readonly onClaimed: (steps: readonly ClaimedStep[], identity: WorkerIdentity) => void;
  readonly onStored: (success: Success, settled: boolean) => void;
  readonly onFailed: (failure: FailedRun, retryAt: Date | null) => void;
  readonly onRefused: (run: Run) => void;
  /** A statement failed in a way that leaves open whether it was stored. The pump rests until `resume`. */
  readonly onDoubt: (error: unknown) => void;
}

/**
 * Moves outcomes into the database and claims into the worker, in batches that size themselves: whenever a connection is free, what is
 * there is flushed. No timer: one finished step of an idle worker is stored at once, and under load a statement carries hundreds.
 *
 * I1: slots: running + being claimed never exceeds `concurrency`; a child is taken on only into a free slot, the rest is queued.
 * I2: an outcome leaves the buffer when its statement has answered; after a failure in doubt it is back in the buffer.
 * I3: while draining nothing is claimed and no child is taken on: children go to the queue, for others.
 */
export class Pump {
  readonly #parts: EngineParts;
  readonly #options: PumpOptions;
  readonly #host: PumpHost;
  #successes: Success[] = [];
  #failures: FailedRun[] = [];
  /** Batches that the database refused as a whole: their outcomes go one by one. */
  #singly: Success[] = [];
  #inFlight = 0;
  #claimsInFlight = 0;
  #reserved = 0;
  #scheduled = false;
  #resting = false;
  #draining = false;
  #hungry = true;
  #queueIndex = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: EngineParts, options: PumpOptions, host: PumpHost) {
    this.#parts = parts;
    this.#options = options;
    this.#host = host;
  }

  /** Outcomes that are not stored yet. */
  get unstored(): readonly Run[] {
    return [...this.#successes, ...this.#singly, ...this.#failures].map((outcome) => outcome.run);
  }

  succeeded(success: Success): void {
    this.#successes.push(success);
    this.#schedule();
  }

  failed(failure: FailedRun): void {
    this.#failures.push(failure);
    this.#schedule();
  }

  /** There may be work in the queue. */
  feed(): void {
    this.#hungry = true;
    this.#queueIndex = 0;
    this.#schedule();
  }

  /** A slot became free without an outcome. */
  slotFreed(): void {
    this.#schedule();
  }

  drain(): void {
    this.#draining = true;
    this.#schedule();
  }

  /** Resolves when nothing is buffered and nothing is under way. */
  async stored(): Promise<void> {
    while (this.#inFlight > 0 || this.unstored.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve);
        this.#schedule();
      });
    }
  }

  /** Stops flushing until `resume`; resolves when nothing is under way. */
  async rest(): Promise<void> {
    this.#resting = true;
    while (this.#inFlight > 0)
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  resume(): void {
    this.#resting = false;
    this.feed();
  }

  /** Drops outcomes that are worth nothing any more. */
  drop(isWorthless: (run: Run) => boolean): void {
    this.#successes = this.#successes.filter((s) => !isWorthless(s.run));
    this.#singly = this.#singly.filter((s) => !isWorthless(s.run));
    this.#failures = this.#failures.filter((f) => !isWorthless(f.run));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the current turn: handlers that finish in the same turn share a statement.
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#resting && this.#inFlight < this.#options.connections && this.#next());
    if (this.#inFlight === 0) this.#wakeWaiters();
  }

  /** Starts one statement; false when there is nothing to do. */
  #next(): boolean {
    if (this.#failures.length > 0) {
      this.#start(this.#flushFailures(this.#failures.splice(0, MAX_BATCH)));
      return true;
    }
    const single = this.#singly.shift();
    if (single) {
      this.#start(this.#flushSuccesses([single]));
      return true;
    }
    const claims =
      this.#hungry && !this.#draining && this.#claimsInFlight === 0 && this.#free() > 0;
    if (this.#successes.length === 0 && !claims) return false;
    this.#start(this.#flushSuccesses(this.#successes.splice(0, MAX_BATCH)));
    return true;
  }

  #start(work: Promise<void>): void {
    this.#inFlight += 1;
    void work.finally(() => {
      this.#inFlight -= 1;
      this.#pump();
    });
  }

  #wakeWaiters(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }

  #free(): number {
    return this.#options.concurrency - this.#host.running() - this.#reserved;
  }

  async #flushSuccesses(successes: Success[]): Promise<void> {
    const identity = this.#host.identity();
    successes.sort((a, b) => a.run.id - b.run.id); // one order of locks everywhere
    const budget = { left: this.#draining ? 0 : Math.max(0, this.#free()), taken: 0 };
    const completions = this.#completions(successes, budget);
    const room = this.#draining || !this.#hungry ? 0 : budget.left;
    const reserved = budget.taken + room;
    const queue = this.#options.queues[this.#queueIndex] ?? 'default';
    this.#reserved += reserved;
    if (room > 0) this.#claimsInFlight += 1;
    const release = once(() => {
      this.#reserved -= reserved;
      if (room > 0) this.#claimsInFlight -= 1;
    });
    try {
      await advance(
        this.#parts,
        { workerId: identity.workerId, completions, queue, room, excluded: this.#host.excluded() },
        {
          annotations: annotationsOf(successes),
          limitedTasks: limitedTasksOf(successes),
          onAnswer: (answer) => {
            release();
            if (room > 0) this.#noteClaims(queue, answer.fromQueue, room);
            this.#deliver(successes, answer, identity);
          },
        },
      );
    } catch (error) {
      this.#giveBack(successes, error);
    } finally {
      release();
    }
  }

  /** What the statement needs to know of each finished run, with a slot for every child that can be taken on. */
  #completions(
    successes: readonly Success[],
    budget: { left: number; taken: number },
  ): readonly Completion[] {
    const taken = new Map<number, ChildMove>();
    return successes.map(({ run, resultText }) => {
      const { step, pinned } = run;
      const { definition } = pinned;
      const children = openChildren(pinned, step.position, run.bypassed).map((position) => {
        const child = workflowStepId(step.taskId, position);
        const queue = definition.steps[position]?.queue ?? 'default';
        const move =
          definition.width !== null ? 'park' : (taken.get(child) ?? this.#moveOf(queue, budget));
        taken.set(child, move);
        return { position, queue, move };
      });
      const { taskId, position, attempts, definitionId, rank } = step;
      return { taskId, position, attempts, definitionId, rank, resultText, children };
    });
  }

  #moveOf(queue: string, budget: { left: number; taken: number }): ChildMove {
    if (budget.left === 0 || !this.#options.queues.includes(queue)) return 'queue';
    budget.left -= 1;
    budget.taken += 1;
    return 'take';
  }

  /** A queue that gave less than was asked is empty; the worker is hungry until all its queues are. */
  #noteClaims(queue: string, got: number, room: number): void {
    if (got >= room) return;
    if (this.#options.queues[this.#queueIndex] !== queue) return; // fed again meanwhile
    this.#queueIndex += 1;
    if (this.#queueIndex >= this.#options.queues.length) {
      this.#queueIndex = 0;
      this.#hungry = false;
    }
  }

  #deliver(successes: readonly Success[], answer: AdvanceAnswer, identity: WorkerIdentity): void {
    const refused = new Set(answer.refused.map((r) => workflowStepId(r.taskId, r.position)));
    const settled = new Set(answer.settled);
    for (const success of successes) {
      if (refused.has(success.run.id)) this.#host.onRefused(success.run);
      else this.#host.onStored(success, settled.has(success.run.step.taskId));
    }
    if (answer.claimed.length > 0) this.#host.onClaimed(answer.claimed, identity);
  }

  #giveBack(successes: readonly Success[], error: unknown): void {
    if (isRefusal(error)) {
      const [only, ...others] = successes;
      if (only && others.length === 0) {
        const stored = serializeError(error);
        this.#failures.push({
          run: only.run,
          outcome: 'error',
          errorText: errorText(stored),
          message: stored.message,
          retryInMs: null,
        });
      } else if (only) {
        this.#singly.push(...successes);
      } else {
        this.#resting = true;
        this.#host.onDoubt(error);
      }
      return;
    }
    this.#successes.unshift(...successes);
    this.#resting = true;
    this.#host.onDoubt(error);
  }

  async #flushFailures(failures: FailedRun[]): Promise<void> {
    failures.sort((a, b) => a.run.id - b.run.id);
    const sent = failures.map(({ run, outcome, errorText: text, retryInMs }) => ({
      ...run.step,
      workerId: run.identity.workerId,
      outcome,
      errorText: text,
      retryInMs,
      queue: run.served.template.queue,
    }));
    try {
      await fail(this.#parts, sent, ({ recorded }) => {
        const retryAts = new Map(
          recorded.map((r) => [workflowStepId(r.taskId, r.position), r.retryAt]),
        );
        for (const failure of failures) {
          const retryAt = retryAts.get(failure.run.id);
          if (retryAt === undefined) this.#host.onRefused(failure.run);
          else this.#host.onFailed(failure, retryAt);
        }
      });
    } catch (error) {
      this.#failures.unshift(...failures);
      this.#resting = true;
      this.#host.onDoubt(error);
    }
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

function annotationsOf(successes: readonly Success[]) {
  return successes.flatMap(({ run, annotations }) =>
    annotations.map((a) => ({ taskId: run.step.taskId, position: run.step.position, ...a })),
  );
}

function limitedTasksOf(successes: readonly Success[]): readonly number[] {
  return [
    ...new Set(
      successes
        .filter(({ run }) => run.pinned.definition.width !== null)
        .map(({ run }) => run.step.taskId),
    ),
  ];
}

/** True when the database refused the statement for what it contains (SQLSTATE classes 22 and 23): nothing of it was stored. */
function isRefusal(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
