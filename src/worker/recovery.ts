import { fullJitter, pause } from '../db/pause.ts';
import type { EngineParts } from '../engine/parts.ts';
import { workflowStepId } from '../model/task.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { Attempts } from './attempts.ts';
import type { Pump } from './pump.ts';
import type { Run, WorkerIdentity } from './run.ts';

/** What the recovery works on. */
export interface RecoveryHost {
  readonly pump: Pump;
  readonly attempts: Attempts;
  readonly identity: () => WorkerIdentity;
  /** Takes a new registration in the database, and a new heartbeat. */
  readonly registerAnew: () => Promise<void>;
  readonly stopped: AbortSignal;
}

/** The statement timeout of our sessions, and a little more. */
const LATE_MS = 31_000;

/**
 * Brings a worker back to the truth after something went wrong with the database.
 *
 * I1: while it works, the pump rests: nothing is flushed or claimed.
 * I2: `doubt`: a statement may have been stored without our seeing its answer. What the database says we hold is compared with what we
 *     do hold: outcomes that are decided are dropped, runs that are gone are revoked, steps that we were given unseen are run.
 * I3: a statement whose connection broke may go on in the server, up to the statement timeout, and claim after we have compared: so we
 *     compare once more after that.
 * I4: `lost`: others have our steps. Everything that we hold is worth nothing; we start anew under another id.
 */
export class Recovery {
  readonly #parts: EngineParts;
  readonly #host: RecoveryHost;
  #working: Promise<void> | null = null;
  #late: NodeJS.Timeout | null = null;

  constructor(parts: EngineParts, host: RecoveryHost) {
    this.#parts = parts;
    this.#host = host;
  }

  doubt(error: unknown): void {
    this.#parts.logger.warn(
      { err: error },
      'a statement is in doubt: comparing with the database before going on',
    );
    const compare = (): void => this.#begin(() => this.#persist(() => this.#reconcile()));
    compare();
    if (this.#late !== null) clearTimeout(this.#late);
    this.#late = setTimeout(compare, LATE_MS);
    this.#late.unref();
  }

  lost(): void {
    const { workerId } = this.#host.identity();
    this.#parts.logger.warn(
      { worker_id: workerId },
      'this worker was declared lost: its steps go to others',
    );
    this.#begin(() => this.#startAnew());
  }

  /** Resolves when nothing is under way. For a worker that stops. */
  async done(): Promise<void> {
    if (this.#late !== null) clearTimeout(this.#late);
    await this.#working;
  }

  #begin(work: () => Promise<void>): void {
    if (this.#working !== null || this.#host.stopped.aborted) return;
    this.#working = work().finally(() => {
      this.#working = null;
      this.#host.pump.resume();
    });
  }

  /** Tries until it succeeds or the worker has stopped, with growing, jittered rests. */
  async #persist(work: () => Promise<void>): Promise<void> {
    for (let failures = 0; !this.#host.stopped.aborted; failures += 1) {
      await pause(
        50 + fullJitter(Math.min(2_000, 100 * 2 ** failures), this.#parts.ports.random),
        this.#host.stopped,
      );
      try {
        await work();
        return;
      } catch (error) {
        this.#parts.logger.warn({ err: error, failures }, 'the database does not answer yet');
      }
    }
  }

  async #startAnew(): Promise<void> {
    const { pump, attempts, identity, registerAnew } = this.#host;
    this.#parts.measures.leaseLost();
    await pump.rest();
    const old = identity();
    attempts.abandon(new Error('the lease was lost'));
    pump.drop((run) => run.identity === old);
    await this.#persist(registerAnew);
  }

  async #reconcile(): Promise<void> {
    const { pump, attempts } = this.#host;
    await pump.rest();
    const identity = this.#host.identity();
    const { workerId } = identity;
    // Read before the database is asked: what is given back meanwhile must not look like a claim that was never seen.
    // Of one step two runs may be known: the failure in doubt, and the attempt that was claimed since.
    const known = new Set([...pump.unstored.map((run) => run.step), ...attempts.claims].map(runOf));
    const held = await this.#parts.store.heldSteps(this.#parts.db, [workerId], { lock: false });
    const heldTokens = tokens(held);
    const isGone = (step: ClaimedStep): boolean => heldTokens.get(idOf(step)) !== step.attempts;
    const isRunGone = (run: Run): boolean => run.identity === identity && isGone(run.step);
    pump.drop(isRunGone); // stored by the statement in doubt, or taken away: either way it is decided
    for (const run of attempts.runs.filter(isRunGone))
      attempts.revoke(run, new Error('the step was taken away'), 'lost');
    attempts.dropClaims(isGone);
    const unseen = held.filter((step) => !known.has(runOf(step)));
    if (unseen.length > 0) attempts.begin(unseen, identity);
  }
}

/** The fencing token of each step, by the step's id. */
function tokens(steps: readonly ClaimedStep[]): ReadonlyMap<number, number> {
  return new Map(steps.map((step) => [idOf(step), step.attempts]));
}

/** One run of a step: its id and its fencing token. */
function runOf(step: ClaimedStep): string {
  return `${idOf(step)}:${step.attempts}`;
}

function idOf(step: ClaimedStep): number {
  return workflowStepId(step.taskId, step.position);
}
