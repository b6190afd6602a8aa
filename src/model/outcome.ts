import type { TaskStatus } from './status.ts';

/** What is left of a task, in counts. */
export interface TaskRemains {
  /** Steps without children that are not complete, skipped or resolved. */
  readonly leavesLeft: number;
  readonly running: number;
  readonly queued: number;
  /** Steps in error that wait for no retry. */
  readonly exhausted: number;
  readonly cancelled: number;
}

/**
 * How a task ended, or null while something can still move it (or when nothing explains why nothing moves, which `tasker verify`
 * reports). Branches that do not depend on a failed step run to their end first; then the failed step decides.
 */
export function outcomeOf(remains: TaskRemains): TaskStatus | null {
  if (remains.running > 0 || remains.queued > 0) return null;
  if (remains.exhausted > 0) return 'error';
  if (remains.leavesLeft === 0) return 'complete';
  return remains.cancelled > 0 ? 'cancelled' : null;
}
