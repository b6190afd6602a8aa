import { pause, fullJitter } from '../db/pause.ts';
import { isUnavailable } from '../db/failure.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { EngineParts, NewSteps, Stored, Taker } from '../engine/parts.ts';
import type { ResolvedWorker } from '../config/resolve.ts';
import { workflowStepId } from '../model/task.ts';
import { Attempts } from './attempts.ts';
import { Demand } from './demand.ts';
import { DueClock } from './due.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import { Pump } from './pump.ts';
import { Recovery } from './recovery.ts';
import type { Run, WorkerIdentity } from './run.ts';
import { takeNew } from './take-new.ts';
import type { StepSource } from './serve.ts';
import { endOf, takenAway, tellFailed, tellRefused, tellStored, tellTaken } from './tell.ts';
import { TaskMemory } from './task-memory.ts';

/** How long a definition that cannot be served is left alone before it is tried again. */
const UNSERVABLE_MS = 30_000;
/** How long stop() waits for the database to take the last outcomes, once nothing runs any more. */
const LAST_FLUSH_MS = 10_000;

/**
 * A worker: claims steps while it has room, runs them, reports in batches, and rests while there is nothing.
 *
 * I1: a step that this worker claimed is run, given back, or taken over by others after the lease; there is no fourth way.
 * I2: after any failure in doubt the worker compares what the database says it holds with what it does hold, before it goes on.
 * I3: `stop()` resolves only when nothing is running here and everything that was decided is stored or will be found by others.
 */
export class Worker implements Taker {
  readonly #parts: EngineParts;
  readonly #options: ResolvedWorker;
  readonly #dispatcher: Dispatcher;
  readonly #memory: TaskMemory;
  readonly #attempts: Attempts;
  readonly #pump: Pump;
  readonly #due: DueClock;
  readonly #recovery: Recovery;
  readonly #stopped = new AbortController();
  readonly #excluded = new Map<number, NodeJS.Timeout>();
  #identity: WorkerIdentity = { workerId: 0 };
  #heartbeat: Heartbeat | null = null;
  #timers: NodeJS.Timeout[] = [];
  #offHint: () => void = () => undefined;
  #checking: Promise<void> | null = null;

  constructor(
    parts: EngineParts,
    source: StepSource,
    { options, dispatcher }: { readonly options: ResolvedWorker; readonly dispatcher: Dispatcher },
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.#memory = new TaskMemory(parts, Math.max(1_000, options.concurrency * 4));
    const demand = new Demand(source, { queues: options.queues, slots: options.concurrency });
    this.#pump = new Pump(
      parts,
      {
        concurrency: options.concurrency,
        connections: options.flushConnections,
        queues: options.queues,
      },
      {
        identity: () => this.#identity,
        running: () => this.#attempts.count,
        excluded: () => [...this.#excluded.keys()],
        plan: (free) => demand.plan(free),
        onQueued: (children) => demand.queued(children),
        onClaimed: (steps, identity) => this.#attempts.begin(steps, identity),
        onStored: ({ run, resultText }, settled) => this.#onStored(run, resultText, settled),
        onFailed: (failure) => {
          if (failure.retryInMs !== null) this.#due.noteRetry(failure.retryInMs);
          tellFailed(this.#parts, failure);
        },
        onRefused: (run) => tellRefused(this.#parts, run),
        onDoubt: (error) => this.#recovery.doubt(error),
      },
    );
    this.#attempts = new Attempts(parts, {
      source,
      memory: this.#memory,
      queues: options.queues,
      outcomes: this.#pump,
      failing: (stepId) => this.#pump.failing(stepId),
      demand,
      onFreed: () => this.#pump.slotFreed(),
      onUnservable: (definitionId, problem) => this.#exclude(definitionId, problem),
      onFault: (error) => this.#waitOut(error),
    });
    this.#recovery = new Recovery(parts, {
      pump: this.#pump,
      attempts: this.#attempts,
      identity: () => this.#identity,
      registerAnew: () => this.#registerAnew(),
      stopped: this.#stopped.signal,
    });
    this.#due = new DueClock(parts, {
      pollMs: () => this.#pollMs(),
      onDue: () => this.#pump.feed(),
    });
  }

  /** Steps that are run or prepared here, and how many can be. */
  get slots(): { readonly busy: number; readonly total: number } {
    return { busy: this.#attempts.count, total: this.#options.concurrency };
  }

  get workerId(): number {
    return this.#identity.workerId;
  }

  async start(): Promise<void> {
    await this.#register();
    this.#offHint = this.#dispatcher.onHint((hint) => {
      if (hint.kind === 'work' || hint.kind === 'gap') this.#pump.feed();
      else if (hint.kind === 'taken')
        void this.#checkHeld((run) => run.step.taskId === hint.taskId);
    });
    this.#due.start();
    this.#every(
      () => this.#pollMs(),
      () => this.#pump.feed(),
    );
    const { heartbeatMs } = this.#options;
    this.#every(
      () => heartbeatMs,
      () =>
        void this.#checkHeld(
          (run) => this.#parts.ports.elapsedMs() - run.startedMs > heartbeatMs / 2,
        ),
    );
    this.#pump.feed();
    this.#parts.events.emit('worker.started', { workerId: this.workerId });
  }

  /** Claims the first steps of a new task for this worker, if it has nothing else to do. */
  takeNew<T>(steps: NewSteps, store: (workerId: number | null) => Promise<Stored<T>>): Promise<T> {
    const taker = {
      pump: this.#pump,
      attempts: this.#attempts,
      identity: () => this.#identity,
      canServe: ({ definitionId, queues }: NewSteps) =>
        !this.#excluded.has(definitionId) &&
        queues.every((queue) => this.#options.queues.includes(queue)),
      onDoubt: (error: unknown) => this.#recovery.doubt(error),
    };
    return takeNew(taker, steps, store);
  }

  /** Stops claiming, lets what runs finish within the grace, gives the rest back. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#attempts.stopStarting();
    this.#pump.drain();
    await this.#idle(this.#options.shutdownGraceMs);
    for (const run of this.#attempts.runs) {
      const failure = this.#attempts.giveBack(run);
      if (failure) this.#pump.failed(failure);
    }
    await Promise.race([this.#handOver(), pause(LAST_FLUSH_MS, this.#stopped.signal)]);
    this.#stopped.abort();
    this.#offHint();
    for (const timer of [...this.#timers, ...this.#excluded.values()]) clearTimeout(timer);
    await this.#due.stop();
    await Promise.allSettled([this.#checking, this.#recovery.done(), this.#heartbeat?.stop()]);
    await this.#parts.store.stopWorker(this.#parts.db, this.workerId).catch((error: unknown) => {
      this.#parts.logger.warn(
        { err: error },
        'the worker could not sign off; its lease will lapse',
      );
    });
    this.#parts.events.emit('worker.stopped', { workerId: this.workerId });
  }

  /** Definitions that could not be served are tried again: a handler or definition was added. */
  reconsider(): void {
    for (const timer of this.#excluded.values()) clearTimeout(timer);
    this.#excluded.clear();
    this.#pump.feed();
  }

  async #register(): Promise<void> {
    const { name, queues, concurrency, leaseMs, heartbeatMs, version } = this.#options;
    const { hostname: host, pid } = this.#parts.ports.process;
    const workerId = await this.#parts.store.registerWorker(this.#parts.db, {
      name: name ?? `${host}:${pid}`,
      hostname: host,
      pid,
      version,
      queues,
      slots: concurrency,
      leaseMs,
    });
    this.#identity = { workerId };
    this.#heartbeat = startHeartbeat(this.#parts, {
      workerId,
      leaseMs,
      heartbeatMs,
      onLost: () => {
        if (workerId === this.workerId) this.#recovery.lost();
      },
    });
  }

  /** Declared lost: take a new registration. Called by the recovery, when nothing of the old one is held any more. */
  async #registerAnew(): Promise<void> {
    await this.#heartbeat?.stop();
    await this.#register();
  }

  /** Looks whether runs are still ours, and tells those that are not. */
  async #checkHeld(which: (run: Run) => boolean): Promise<void> {
    const runs = this.#attempts.runs.filter(which);
    if (runs.length === 0 || this.#stopped.signal.aborted) return;
    const check = (async () => {
      const steps = runs.map((run) => run.step);
      for (const lost of await this.#parts.store.lostRuns(this.#parts.db, this.workerId, steps)) {
        const id = workflowStepId(lost.taskId, lost.position);
        const run = runs.find((r) => r.id === id);
        if (run && this.#attempts.revoke(run, takenAway(lost.status), endOf(lost.status)))
          tellTaken(this.#parts, run, endOf(lost.status));
      }
    })().catch((error: unknown) =>
      this.#parts.logger.warn({ err: error }, 'could not look whether steps were taken away'),
    );
    this.#checking = check;
    await check;
  }

  async #waitOut(error: unknown): Promise<boolean> {
    this.#parts.logger.warn({ err: error }, 'claimed steps could not be prepared');
    await pause(
      isUnavailable(error) ? 200 + fullJitter(1_000, this.#parts.ports.random) : 1_000,
      this.#stopped.signal,
    );
    return !this.#stopped.signal.aborted;
  }

  #onStored(run: Run, resultText: string, settled: boolean): void {
    const { taskId, position } = run.step;
    if (settled) this.#memory.forget(taskId);
    else this.#memory.keepResult(taskId, position, resultText);
    tellStored(this.#parts, run);
  }

  #exclude(definitionId: number, problem: string): void {
    if (this.#excluded.has(definitionId)) return;
    const timer = setTimeout(() => {
      this.#excluded.delete(definitionId);
      this.#pump.feed();
    }, UNSERVABLE_MS);
    timer.unref();
    this.#excluded.set(definitionId, timer);
    this.#parts.logger.warn(
      { definition_id: definitionId, problem },
      'this worker cannot serve a definition; its steps stay ready for others',
    );
    this.#parts.events.emit('worker.unservable', { definitionId, problem });
  }

  #pollMs(): number {
    return (
      this.#options.pollIntervalMs * 0.75 +
      fullJitter(this.#options.pollIntervalMs * 0.5, this.#parts.ports.random)
    );
  }

  #every(everyMs: () => number, work: () => void): void {
    const index = this.#timers.length;
    const again = (): void => {
      this.#timers[index] = setTimeout(() => {
        work();
        again();
      }, everyMs());
    };
    again();
  }

  /** A claim that was under way brought steps, which go back: that, too, must be stored. */
  async #handOver(): Promise<void> {
    await this.#pump.stored();
    while (this.#attempts.count > 0 && !this.#stopped.signal.aborted) {
      await pause(5, this.#stopped.signal);
      await this.#pump.stored();
    }
  }

  async #idle(graceMs: number): Promise<void> {
    const until = this.#parts.ports.elapsedMs() + graceMs;
    while (this.#attempts.count > 0 && this.#parts.ports.elapsedMs() < until)
      await pause(10, this.#stopped.signal);
  }
}
