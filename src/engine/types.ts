import type { Json } from '../kernel/json.ts';
import type { StepStatus, TaskStatus } from '../model/status.ts';

/** What `create` answers. `created` is false when an idempotency key found the existing task. */
export interface CreatedTask {
  readonly taskId: number;
  readonly created: boolean;
}

/** Events of this process's engine, for subscribers inside the process. Names are those of Tasker's later versions. */
export interface TaskerEvents {
  'task.created': { readonly taskId: number; readonly name: string };
  'task.started': { readonly taskId: number };
  'task.completed': { readonly taskId: number };
  'task.failed': { readonly taskId: number };
  'task.cancelled': { readonly taskId: number };
  'task.resolved_manually': { readonly taskId: number };
  'task.retry_requested': { readonly taskId: number };
  /** Reason or tags were changed. */
  'task.updated': { readonly taskId: number };
  'step.started': StepEvent;
  'step.completed': StepEvent;
  'step.failed': StepEvent & {
    readonly exhausted: boolean;
    readonly retryInMs: number | null;
    readonly message: string;
  };
  'step.cancelled': StepEvent;
  'step.skipped': StepEvent;
  'step.resolved_manually': StepEvent;
  'step.retry_requested': StepEvent;
  /** Inputs or the retry limit were changed. */
  'step.updated': StepEvent;
  /** This process's late answer was refused, because the step is no longer its own. */
  'step.lease_lost': StepEvent;
  'worker.started': { readonly workerId: number };
  'worker.stopped': { readonly workerId: number };
  /** A worker meets a definition or handler that it does not have; the steps stay ready for one that does. */
  'worker.unservable': { readonly definitionId: number; readonly problem: string };
}

interface StepEvent {
  readonly taskId: number;
  readonly step: string;
  readonly attempt: number;
}

/** One entry of the operator log: who did what, when and why. */
export interface OperatorEntry {
  readonly logId: number;
  readonly taskId: number;
  readonly step: string | null;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly fromStatus: StepStatus | TaskStatus | null;
  readonly toStatus: StepStatus | TaskStatus | null;
  readonly details: Json;
  readonly createdAt: Date;
}

/** A worker as other processes see it. */
export interface WorkerInfo {
  readonly workerId: number;
  readonly name: string;
  readonly hostname: string;
  readonly pid: number;
  readonly version: string;
  readonly queues: readonly string[];
  readonly slots: number;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  readonly state: 'alive' | 'silent' | 'stopped' | 'lost';
}

/** One finding of `verify`: a broken law and the first rows that break it. */
export interface Violation {
  readonly invariant: string;
  readonly title: string;
  readonly count: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** One line of `doctor`. */
export interface DoctorFinding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do, when the level is not `ok`. */
  readonly hint?: string;
}
