import type { PinnedDefinition } from '../engine/pinned-definitions.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { AttemptSpan } from '../telemetry/attempt-span.ts';
import type { RunContext } from './run-context.ts';
import type { ServedStep } from './serve.ts';

/** A worker's registration. A worker that was declared lost takes a new one; runs of the old one are worth nothing then. */
export interface WorkerIdentity {
  readonly workerId: number;
}

/** One attempt that this worker holds. */
export interface Run {
  /** The step's id: the key of everything that is kept per run. */
  readonly id: number;
  readonly identity: WorkerIdentity;
  readonly step: ClaimedStep;
  readonly served: ServedStep;
  readonly pinned: PinnedDefinition;
  /** Positions of the task's bypassed steps. */
  readonly bypassed: ReadonlySet<number>;
  readonly context: RunContext;
  /** Null where nothing is traced. */
  readonly span: AttemptSpan | null;
  /** Milliseconds of the process's own clock, for durations. */
  readonly startedMs: number;
  /** The same clock when the attempt had its outcome here; 0 before. */
  endedMs: number;
  timer: NodeJS.Timeout | null;
  /** True once the attempt has an outcome here; what the handler still does counts no more. */
  closed: boolean;
}

/** A run with a result. */
export interface Success {
  readonly run: Run;
  readonly resultText: string;
  readonly annotations: readonly { readonly type: string; readonly text: string }[];
}

/** A run without one. */
export interface FailedRun {
  readonly run: Run;
  readonly outcome: 'error' | 'timeout' | 'cancelled';
  readonly errorText: string;
  readonly message: string;
  /** Milliseconds until the next attempt, if the step's limit leaves one; null when none follows whatever the limit. */
  readonly retryInMs: number | null;
}
