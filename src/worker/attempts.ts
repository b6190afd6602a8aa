import { TaskerError } from '../kernel/errors.ts';
import { errorText } from '../engine/advance.ts';
import type { EngineParts } from '../engine/parts.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import { workflowStepId } from '../model/task.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { Demand } from './demand.ts';
import { execute, revoke, type Outcomes } from './execute.ts';
import { makeRun } from './make-run.ts';
import type { FailedRun, Run, WorkerIdentity } from './run.ts';
import type { ServedDefinition, StepSource } from './serve.ts';
import type { TaskMemory } from './task-memory.ts';

export interface AttemptsOptions {
  readonly source: StepSource;
  readonly memory: TaskMemory;
  readonly queues: readonly string[];
  readonly outcomes: Outcomes;
  /** The statement that records a failure of this step, while it is under way. */
  readonly failing: (stepId: number) => Promise<void> | undefined;
  readonly demand: Demand;
  readonly onFreed: () => void;
  /** A definition cannot be served here: its steps went back. */
  readonly onUnservable: (definitionId: number, problem: string) => void;
  /** Something could not be read: it is tried again until this resolves to false. */
  readonly onFault: (error: unknown) => Promise<boolean>;
}

/**
 * The attempts that this worker holds: from the claim, through reading what the handler needs, to the outcome.
 *
 * I1: a claimed step is in `#preparing` or `#runs` from the moment that the claim's answer is read, until its outcome is handed over;
 *     so what the database says this worker holds can always be compared with what it does hold.
 * I2: an attempt starts only after the failure of the attempt before it has been told, if this worker ran both: another connection may
 *     bring the claim before the answer of the failure has been read.
 */
export class Attempts {
  readonly #parts: EngineParts;
  readonly #options: AttemptsOptions;
  readonly #runs = new Map<number, Run>();
  readonly #preparing = new Map<number, ClaimedStep>();
  #stopping = false;
  readonly #outcomes: Outcomes = {
    succeeded: (success) => {
      this.#forget(success.run);
      this.#options.outcomes.succeeded(success);
    },
    failed: (failure) => {
      this.#forget(failure.run);
      this.#options.outcomes.failed(failure);
    },
  };

  constructor(parts: EngineParts, options: AttemptsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get count(): number {
    return this.#runs.size + this.#preparing.size;
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()];
  }

  /** Every claim that is held, prepared or running. */
  get claims(): readonly ClaimedStep[] {
    return [...this.#preparing.values(), ...this.runs.map((run) => run.step)];
  }

  /** Lets go of claims that are still being prepared and that, as the database says, are no longer ours. */
  dropClaims(isGone: (step: ClaimedStep) => boolean): void {
    for (const [id, step] of this.#preparing) if (isGone(step)) this.#preparing.delete(id);
    this.#options.onFreed();
  }

  /** From now on claimed steps are given back instead of being run. */
  stopStarting(): void {
    this.#stopping = true;
  }

  /** Takes on claimed steps: those with everything in memory start at once, the others after what they need has been read. */
  begin(steps: readonly ClaimedStep[], identity: WorkerIdentity): void {
    const later: ClaimedStep[] = [];
    for (const step of steps) {
      const failing = this.#options.failing(idOf(step));
      if (failing) {
        this.#preparing.set(idOf(step), step);
        void failing.then(() => this.#prepare([step], identity));
        continue;
      }
      const served = this.#stopping ? undefined : this.#options.source.peek(step.definitionId);
      if (served && this.#isReady(step, served)) this.#start(step, served, identity);
      else {
        this.#preparing.set(idOf(step), step);
        later.push(step);
      }
    }
    if (later.length > 0) void this.#prepare(later, identity);
  }

  /** Drops everything that is held: it belongs to others. */
  abandon(reason: Error): void {
    this.#preparing.clear(); // what is being read for them starts nothing any more
    for (const run of this.runs) this.revoke(run, reason, 'lost');
  }

  /** Ends an attempt without an outcome of its own: `lost` when others have its step now. */
  revoke(run: Run, reason: Error, outcome: 'cancelled' | 'lost'): boolean {
    if (!revoke(this.#parts.ports, run, { reason, outcome })) return false;
    this.#forget(run);
    this.#options.onFreed();
    return true;
  }

  /** Gives a running attempt back, for a worker that stops: it may be run again at once, if it has an attempt left. */
  giveBack(run: Run): FailedRun | null {
    const { template } = run.served;
    const error = new TaskerError('WORKER_LOST', { step: template.name });
    error.message = `The worker that ran step "${template.name}" stopped before it was done`;
    if (!this.revoke(run, error, 'cancelled')) return null;
    return {
      run,
      outcome: 'cancelled',
      errorText: errorText(serializeError(error)),
      message: error.message,
      retryInMs: template.retryable ? 0 : null,
    };
  }

  #isReady(step: ClaimedStep, served: ServedDefinition): boolean {
    if (served.steps[step.position] === null) return false;
    return (
      this.#options.memory.learn(step, served.pinned) !== undefined &&
      this.#options.memory.missingParents(step, served.pinned).length === 0
    );
  }

  async #prepare(steps: readonly ClaimedStep[], identity: WorkerIdentity): Promise<void> {
    try {
      await this.#tryPrepare(steps, identity);
    } catch (error) {
      if (await this.#options.onFault(error)) await this.#prepare(steps, identity);
      else this.#release(steps);
    }
  }

  async #tryPrepare(steps: readonly ClaimedStep[], identity: WorkerIdentity): Promise<void> {
    const waiting = steps.filter((step) => this.#isPreparing(step));
    const served = new Map<number, ServedDefinition>();
    for (const definitionId of new Set(waiting.map((s) => s.definitionId))) {
      if (this.#stopping) break;
      const answer = await this.#options.source.get(definitionId, this.#options.queues);
      if ('problem' in answer) this.#options.onUnservable(definitionId, answer.problem);
      else served.set(definitionId, answer);
    }
    const servable = waiting.filter((step) => served.get(step.definitionId)?.steps[step.position]);
    await this.#giveClaimsBack(
      waiting.filter((step) => !servable.includes(step)),
      identity,
    );
    for (const step of servable)
      this.#options.memory.learn(step, this.#served(served, step).pinned);
    await this.#options.memory.load(servable, (step) => this.#served(served, step).pinned);
    const forgotten: ClaimedStep[] = [];
    for (const step of servable.filter((one) => this.#isPreparing(one))) {
      const definition = this.#served(served, step);
      if (this.#isReady(step, definition)) {
        this.#preparing.delete(idOf(step));
        this.#start(step, definition, identity);
      } else forgotten.push(step); // the memory was needed for others while this was being read
    }
    const [again] = forgotten;
    if (again) throw new TaskerError('TASK_NOT_FOUND', { taskId: again.taskId });
  }

  /** False once the step was let go, or was claimed anew since. */
  #isPreparing(step: ClaimedStep): boolean {
    return this.#preparing.get(idOf(step)) === step;
  }

  /** Another run of the same step may have begun since. */
  #forget(run: Run): void {
    this.#options.demand.ended(run);
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
  }

  #served(served: ReadonlyMap<number, ServedDefinition>, step: ClaimedStep): ServedDefinition {
    const definition = served.get(step.definitionId);
    if (!definition)
      throw new TaskerError('DEFINITION_NOT_FOUND', {
        name: `#${step.definitionId}`,
        suggestion: '',
      });
    return definition;
  }

  async #giveClaimsBack(steps: readonly ClaimedStep[], identity: WorkerIdentity): Promise<void> {
    if (steps.length === 0) return;
    const returned = await Promise.all(
      steps.map(async (step) => {
        const { definition } = await this.#parts.pinned.get(step.definitionId);
        return { ...step, queue: definition.steps[step.position]?.queue ?? 'default' };
      }),
    );
    await this.#parts.store.returnSteps(this.#parts.db, identity.workerId, returned);
    this.#release(steps);
    this.#parts.hintWork();
  }

  #release(steps: readonly ClaimedStep[]): void {
    for (const step of steps) if (this.#isPreparing(step)) this.#preparing.delete(idOf(step));
    this.#options.onFreed();
  }

  #start(step: ClaimedStep, served: ServedDefinition, identity: WorkerIdentity): void {
    const servedStep = served.steps[step.position];
    if (!servedStep) return;
    const task = this.#options.memory.peek(step.taskId);
    if (!task) throw new TaskerError('TASK_NOT_FOUND', { taskId: step.taskId });
    const { logger, ports } = this.#parts;
    const startedMs = ports.elapsedMs();
    const run = makeRun(step, { served, servedStep, task, identity, logger, startedMs });
    this.#runs.set(run.id, run);
    this.#options.demand.begun(run);
    if (step.waitedMs !== null)
      this.#parts.measures.claimed(servedStep.template.queue, step.waitedMs);
    const { events } = this.#parts;
    if (events.has('step.started')) {
      events.emit('step.started', {
        taskId: step.taskId,
        step: servedStep.template.name,
        attempt: step.attempts,
      });
    }
    execute(this.#parts, run, this.#outcomes);
  }
}

function idOf(step: ClaimedStep): number {
  return workflowStepId(step.taskId, step.position);
}
