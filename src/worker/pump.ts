import { advance, fail } from '../engine/advance.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { AdvanceAnswer } from '../store/steps/advance-steps.ts';
import { workflowStepId } from '../model/task.ts';
import { annotationsOf, limitedTasksOf, toCompletions } from './completions.ts';
import { NO_CLAIM } from './demand.ts';
import { once } from './once.ts';
import { Patience } from './patience.ts';
import { isRefusal, unstorable } from './refusal.ts';
import type { PumpHost, PumpOptions } from './pump-host.ts';
import { createUnderWay } from './under-way.ts';
import type { FailedRun, Run, Success, WorkerIdentity } from './run.ts';

/** Outcomes that one statement carries. */
const MAX_BATCH = 500;

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
  readonly #patience: Patience;
  #successes: Success[] = [];
  #failures: FailedRun[] = [];
  /** Batches that the database refused as a whole: their outcomes go one by one. */
  #singly: Success[] = [];
  #inFlight = 0;
  /** Statements of others that claim for this worker: new tasks whose first steps it takes on. */
  #creating = 0;
  #claimsInFlight = 0;
  #reserved = 0;
  #scheduled = false;
  #resting = false;
  #draining = false;
  #hungry = true;
  /** Failures whose statement is under way: their step may be claimed again before the answer is read here. */
  readonly #failing = createUnderWay();
  /** Counts hints: a claim that was under way when one came proves nothing about an empty queue. */
  #fed = 0;
  #queueIndex = 0;
  #waiters: { readonly resolve: () => void; readonly isOver: () => boolean }[] = [];

  constructor(parts: EngineParts, options: PumpOptions, host: PumpHost) {
    this.#parts = parts;
    this.#options = options;
    this.#host = host;
    this.#patience = new Patience(parts.ports, () => this.#pump());
  }

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
    this.#fed += 1;
    this.#hungry = true;
    this.#queueIndex = 0;
    this.#schedule();
  }

  /** A slot became free without an outcome. */
  slotFreed(): void {
    this.#schedule();
  }

  /** The statement that records a failure of this step, while it is under way. */
  failing(stepId: number): Promise<void> | undefined {
    return this.#failing.of(stepId);
  }

  /**
   * Keeps slots for the first steps of a task that is being created, as long as nothing in the queue waits for them. The answer gives
   * the slots back, once the steps are running or have gone elsewhere; null: there are none to give.
   */
  reserve(slots: number): (() => void) | null {
    const isBusy = this.#resting || this.#draining || this.#hungry || this.#claimsInFlight > 0;
    if (isBusy || this.#free() < slots) return null;
    this.#reserved += slots;
    this.#creating += 1;
    return once(() => {
      this.#reserved -= slots;
      this.#creating -= 1;
      this.#schedule();
    });
  }

  drain(): void {
    this.#draining = true;
    this.#schedule();
  }

  /** Resolves when nothing is buffered and nothing is under way. */
  stored(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ resolve, isOver: () => this.unstored.length === 0 });
      this.#schedule();
    });
  }

  /** Stops flushing until `resume`; resolves when nothing is under way. */
  rest(): Promise<void> {
    this.#resting = true;
    return new Promise((resolve) => {
      this.#waiters.push({ resolve, isOver: () => true });
      this.#schedule();
    });
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
    if (this.#inFlight + this.#creating === 0 && this.#waiters.length > 0) this.#tellWaiters();
  }

  /** Starts one statement; false when there is nothing to do. */
  #next(): boolean {
    if (this.#failures.length > 0) {
      const failures = this.#failures.splice(0, MAX_BATCH);
      const told = this.#failing.begin(failures.map(({ run }) => run.id));
      this.#start(this.#flushFailures(failures, told));
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
    if (this.#patience.mayWait(this.#successes.length, this.#inFlight)) return false;
    this.#start(this.#flushSuccesses(this.#successes.splice(0, MAX_BATCH)));
    return true;
  }

  #start(work: Promise<void>): void {
    this.#inFlight += 1;
    this.#patience.started();
    void work.finally(() => {
      this.#inFlight -= 1;
      this.#pump();
    });
  }

  /** Nothing is under way: tells those who waited for it. */
  #tellWaiters(): void {
    const over = this.#waiters.filter((waiter) => waiter.isOver());
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }

  #free(): number {
    return this.#options.concurrency - this.#host.running() - this.#reserved;
  }

  async #flushSuccesses(successes: Success[]): Promise<void> {
    const identity = this.#host.identity();
    successes.sort((a, b) => a.run.id - b.run.id); // one order of locks everywhere
    const free = this.#draining ? 0 : Math.max(0, this.#free());
    const { completions, taken } = toCompletions(successes, { free, queues: this.#options.queues });
    // The slots that the buffered outcomes have left are for their own children: finishing what was begun comes before new work, and a
    // child that finds no slot would go through the queue.
    const left = free - taken - this.#successes.length;
    const claim = this.#hungry ? this.#host.plan(left) : NO_CLAIM;
    const { room } = claim;
    const fed = this.#fed;
    const reserved = taken + room;
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
            this.#host.onQueued(answer.queued);
            claim.answered(answer.claimed.slice(0, answer.fromQueue));
            if (answer.fromQueue < room && fed === this.#fed) this.#nextQueue();
            this.#deliver(successes, answer, identity);
          },
        },
      );
    } catch (error) {
      claim.answered([]);
      this.#giveBack(successes, error);
    } finally {
      release();
    }
  }

  /** The queue gave less than was asked: it is empty. The worker is hungry until all its queues are, or it is fed. */
  #nextQueue(): void {
    this.#queueIndex += 1;
    if (this.#queueIndex < this.#options.queues.length) return;
    this.#queueIndex = 0;
    this.#hungry = false;
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
    const [first, ...others] = successes;
    if (first && isRefusal(error)) {
      if (others.length > 0) this.#singly.push(...successes);
      else this.#failures.push(unstorable(first.run, error));
      return;
    }
    this.#successes.unshift(...successes);
    this.#resting = true;
    this.#host.onDoubt(error);
  }

  async #flushFailures(failures: FailedRun[], told: () => void): Promise<void> {
    failures.sort((a, b) => a.run.id - b.run.id);
    const sent = failures.map(({ run, outcome, errorText: text, retryInMs }) => ({
      ...run.step,
      workerId: run.identity.workerId,
      outcome,
      errorText: text,
      retryInMs,
      limit: run.served.template.retryLimit,
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
          else this.#host.onFailed(retryAt === null ? { ...failure, retryInMs: null } : failure);
        }
        told();
      });
    } catch (error) {
      told();
      this.#failures.unshift(...failures);
      this.#resting = true;
      this.#host.onDoubt(error);
    }
  }
}
