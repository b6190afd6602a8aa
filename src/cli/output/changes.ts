import type { StepStatus, TaskStatus } from '../../model/status.ts';
import type { Attempt, WorkflowStep } from '../../model/task.ts';
import type { Progress } from './explain.ts';

/** Something that happened to a task since it was looked at before. */
export type Change =
  | {
      readonly kind: 'task';
      readonly at: Date;
      readonly event: string;
      readonly status: TaskStatus;
    }
  | {
      readonly kind: 'started';
      readonly at: Date;
      readonly event: 'step.started';
      readonly attempt: Attempt;
    }
  | {
      readonly kind: 'finished';
      readonly at: Date;
      readonly event: 'step.completed' | 'step.failed' | 'step.cancelled';
      readonly attempt: Attempt;
      /** When the next attempt may start; null when none follows. Known only for the last run of a step. */
      readonly retryAt: Date | null;
      /** True when the step has failed and nothing will run it again by itself. */
      readonly exhausted: boolean;
    }
  | {
      readonly kind: 'step';
      readonly at: Date;
      readonly event: string;
      readonly step: WorkflowStep;
    };

const TASK_EVENTS: Readonly<Record<TaskStatus, string>> = {
  pending: 'task.created',
  in_progress: 'task.started',
  error: 'task.failed',
  complete: 'task.completed',
  resolved_manually: 'task.resolved_manually',
  cancelled: 'task.cancelled',
};

/** Ends of a step that no run of a handler shows. */
const QUIET_ENDS: ReadonlySet<StepStatus> = new Set(['skipped', 'cancelled', 'resolved_manually']);

/**
 * Turns what is read again and again into what happened: the answer takes each reading and gives the changes since the one before,
 * oldest first. Nothing is missed between two readings, because runs are taken from the history of attempts.
 */
export function createChangeFeed(): (progress: Progress, now: Date) => readonly Change[] {
  const told = new Set<string>();
  const isNew = (key: string): boolean => !told.has(key) && told.add(key).size > 0;
  let status: TaskStatus | null = null;

  return (progress, now) => {
    const changes: Change[] = [];
    for (const attempt of progress.attempts)
      changes.push(...attemptChanges(attempt, progress, isNew));
    for (const step of progress.steps) {
      const isQuiet = QUIET_ENDS.has(step.status) && isNew(`${step.position} ${step.status}`);
      if (isQuiet)
        changes.push({
          kind: 'step',
          at: step.processedAt ?? now,
          event: `step.${step.status}`,
          step,
        });
    }
    changes.sort((one, two) => one.at.getTime() - two.at.getTime());
    const { task } = progress;
    if (task.status === status) return changes;
    status = task.status;
    const event = TASK_EVENTS[status];
    const change: Change = {
      kind: 'task',
      at: task.settledAt ?? task.startedAt ?? task.createdAt,
      event,
      status,
    };
    return task.settledAt === null ? [change, ...changes] : [...changes, change];
  };
}

function attemptChanges(
  attempt: Attempt,
  { steps }: Progress,
  isNew: (key: string) => boolean,
): readonly Change[] {
  const changes: Change[] = [];
  const key = `${attempt.step} ${attempt.attempt}`;
  if (isNew(`${key} started`)) {
    changes.push({ kind: 'started', at: attempt.startedAt, event: 'step.started', attempt });
  }
  if (attempt.finishedAt === null || !isNew(`${key} finished`)) return changes;
  const step = steps.find((candidate) => candidate.name === attempt.step);
  const isLast = step !== undefined && step.attempts === attempt.attempt && step.status === 'error';
  changes.push({
    kind: 'finished',
    at: attempt.finishedAt,
    event: FINISHED_EVENTS[attempt.outcome],
    attempt,
    retryAt: isLast ? step.readyAt : null,
    exhausted: isLast && step.readyAt === null,
  });
  return changes;
}

const FINISHED_EVENTS = {
  running: 'step.failed', // a run that ended has another outcome; kept so that the table is total
  success: 'step.completed',
  error: 'step.failed',
  timeout: 'step.failed',
  lost: 'step.failed',
  cancelled: 'step.cancelled',
} as const satisfies Record<Attempt['outcome'], string>;
