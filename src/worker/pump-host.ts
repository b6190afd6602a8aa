import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { PlannedClaim } from './demand.ts';
import type { FailedRun, Run, Success, WorkerIdentity } from './run.ts';

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
  /** What to take from the queue into so many free slots. */
  readonly plan: (free: number) => PlannedClaim;
  /** So many children found no slot, and went into the queue. */
  readonly onQueued: (children: number) => void;
  /** Claimed steps, to be run. */
  readonly onClaimed: (steps: readonly ClaimedStep[], identity: WorkerIdentity) => void;
  readonly onStored: (success: Success, settled: boolean) => void;
  /** A failure that is stored; its `retryInMs` is null when the step is exhausted. */
  readonly onFailed: (failure: FailedRun) => void;
  readonly onRefused: (run: Run) => void;
  /** A statement failed in a way that leaves open whether it was stored. The pump rests until `resume`. */
  readonly onDoubt: (error: unknown) => void;
}
