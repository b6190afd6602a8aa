/** Says in words what a step does or why it is not running. Pure: the moment is a parameter. */
import { formatDuration } from '../../kernel/duration.ts';
import { SATISFYING } from '../../model/status.ts';
import type { Attempt, StoredError, Task, WorkflowStep } from '../../model/task.ts';
import type { WorkerInfo } from '../../engine/types.ts';

/** A task and everything under it, read at about the same moment. */
export interface Progress {
  readonly task: Task;
  /** In template order. */
  readonly steps: readonly WorkflowStep[];
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
}

/** The kinds of line, each with its own mark. */
export type Mark = 'done' | 'skipped' | 'running' | 'retrying' | 'waiting' | 'failed' | 'cancelled';

/** One step as a line: a mark, its name, one phrase, and the error that matters, if any. */
export interface StepLine {
  readonly mark: Mark;
  readonly name: string;
  readonly note: string;
  readonly problem: string | null;
}

/** What surrounds a step, for the sentence about it. */
export interface Surroundings {
  readonly progress: Progress;
  readonly now: Date;
  /** The workers, when they were read; without them nothing is said about missing ones. */
  readonly workers?: readonly WorkerInfo[];
}

/** The line of a step. */
export function stepLine(step: WorkflowStep, around: Surroundings): StepLine {
  const { name } = step;
  switch (step.status) {
    case 'complete':
      return { mark: 'done', name, note: doneNote(step, around.progress), problem: null };
    case 'resolved_manually':
      return { mark: 'done', name, note: 'resolved by hand', problem: null };
    case 'skipped':
      return { mark: 'skipped', name, note: 'skipped, as the request asked', problem: null };
    case 'cancelled':
      return { mark: 'cancelled', name, note: 'cancelled', problem: problemOf(step.error) };
    case 'in_progress':
      return { mark: 'running', name, note: runningNote(step, around.now), problem: null };
    case 'pending':
      return { mark: 'waiting', name, note: pendingNote(step, around), problem: null };
    case 'error':
      return step.readyAt === null
        ? { mark: 'failed', name, note: failedNote(step), problem: problemOf(step.error) }
        : { mark: 'retrying', name, note: retryNote(step, around), problem: problemOf(step.error) };
  }
}

/** Why the step is not running, as one phrase; null when it runs or needs nothing more. */
export function waitingBecause(step: WorkflowStep, around: Surroundings): string | null {
  const { mark, note } = stepLine(step, around);
  return mark === 'waiting' || mark === 'retrying' || mark === 'failed' ? note : null;
}

/** `StockApiError: 503`: the name and message of an error; for one of the catalogue its code, under which it can be looked up. */
export function problemOf(error: StoredError | null): string | null {
  if (error === null) return null;
  const label = error.name === 'TaskerError' ? (error.code ?? error.name) : error.name;
  return `${label}: ${error.message}`;
}

/** How long a task took or has been going on, in milliseconds. */
export function taskDuration(task: Task, now: Date): number {
  const from = task.startedAt ?? task.createdAt;
  return Math.max(0, (task.settledAt ?? now).getTime() - from.getTime());
}

/** How long the run of a handler took, in milliseconds; null while it runs. */
export function attemptDuration(attempt: Attempt): number | null {
  if (attempt.finishedAt === null) return null;
  return Math.max(0, attempt.finishedAt.getTime() - attempt.startedAt.getTime());
}

/** The last run of a step. */
export function lastAttempt(step: WorkflowStep, progress: Progress): Attempt | undefined {
  return progress.attempts.findLast((attempt) => attempt.step === step.name);
}

function doneNote(step: WorkflowStep, progress: Progress): string {
  const attempt = lastAttempt(step, progress);
  const took = attempt === undefined ? null : attemptDuration(attempt);
  const duration = took === null ? 'complete' : formatDuration(took);
  return step.attempts > 1
    ? `${duration}, attempt ${step.attempts} of ${step.retryLimit}`
    : duration;
}

function runningNote(step: WorkflowStep, now: Date): string {
  const since = step.lastAttemptedAt;
  const elapsed =
    since === null ? '' : ` ${formatDuration(Math.max(0, now.getTime() - since.getTime()))}`;
  const attempt = step.attempts > 1 ? `, attempt ${step.attempts} of ${step.retryLimit}` : '';
  return `running${elapsed}${attempt}`;
}

function failedNote(step: WorkflowStep): string {
  const times = step.attempts === 1 ? '1 attempt' : `${step.attempts} attempts`;
  if (step.attempts >= step.retryLimit) return `failed after ${times}`;
  return `failed for good after ${times}, no retry`;
}

function retryNote(step: WorkflowStep, around: Surroundings): string {
  const next = `attempt ${step.attempts + 1} of ${Math.max(step.retryLimit, step.attempts + 1)}`;
  const remaining = msUntilReady(step, around.now);
  if (remaining > 0) return `${next}, retry in ${formatDuration(remaining)}`;
  return `${next}, ${queueNote(step, around)}`;
}

function pendingNote(step: WorkflowStep, around: Surroundings): string {
  if (step.waitingOn > 0) return parentsNote(step, around.progress);
  if (step.readyAt !== null) {
    const remaining = msUntilReady(step, around.now);
    return remaining > 0 ? `starts in ${formatDuration(remaining)}` : queueNote(step, around);
  }
  return 'waiting for its turn: the task limits how many steps run at once';
}

function parentsNote(step: WorkflowStep, { steps }: Progress): string {
  const parents = new Set(step.parentIds);
  const open = steps.filter(
    (other) => parents.has(other.workflowStepId) && !SATISFYING.has(other.status),
  );
  if (open.length === 0) return 'about to become ready'; // its parents were read a moment later than itself
  const stopped = open.filter((parent) => isStopped(parent));
  if (stopped.length > 0) return `blocked by ${listed(stopped)}`;
  return `waiting for ${listed(open)}`;
}

function isStopped(step: WorkflowStep): boolean {
  return step.status === 'cancelled' || (step.status === 'error' && step.readyAt === null);
}

function listed(steps: readonly WorkflowStep[]): string {
  const shown = steps.slice(0, 5).map((step) => step.name);
  const more = steps.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

function queueNote(step: WorkflowStep, { workers }: Surroundings): string {
  const isServed =
    workers === undefined ||
    workers.some((worker) => worker.state === 'alive' && worker.queues.includes(step.queue));
  return isServed
    ? 'ready, waiting for a free worker'
    : `ready, but no worker serves queue "${step.queue}"`;
}

function msUntilReady(step: WorkflowStep, now: Date): number {
  return step.readyAt === null ? 0 : step.readyAt.getTime() - now.getTime();
}
