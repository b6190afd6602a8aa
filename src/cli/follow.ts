import { isTaskerError } from '../kernel/errors.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { isTaskSettled } from '../model/status.ts';
import type { TaskerEvents } from '../engine/types.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { CliIo } from './io.ts';
import type { Progress } from './output/explain.ts';
import type { ProgressView } from './output/live.ts';

/** Between two frames of the live view. */
const FRAME: Milliseconds = 100;
/** Between two looks at the database while things happen, and once nothing has happened for a while. */
const LOOK: Milliseconds = 200;
const LOOK_WHEN_QUIET: Milliseconds = 1_000;
const QUIET_AFTER: Milliseconds = 10_000;

const WAKING_EVENTS = [
  'task.started',
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.resolved_manually',
  'step.started',
  'step.completed',
  'step.failed',
] as const satisfies readonly (keyof TaskerEvents)[];

/** Reads a task with its steps and attempts. @throws TaskerError `TASK_NOT_FOUND` */
export async function readProgress(tasker: Tasker, taskId: number): Promise<Progress> {
  // The task first: when it says "settled", the steps read after it are settled too.
  const task = await tasker.task(taskId);
  const [steps, attempts] = await Promise.all([tasker.steps(taskId), tasker.attempts(taskId)]);
  // It began in between: read again, so that no run is shown of a task that has not started.
  const isTorn = task.status === 'pending' && attempts.length > 0;
  return isTorn ? readProgress(tasker, taskId) : { task, steps, attempts };
}

export interface FollowOptions {
  readonly tasker: Tasker;
  readonly taskId: number;
  readonly view: ProgressView;
  readonly io: CliIo;
  /** Ends the watch; the task itself goes on. */
  readonly signal: AbortSignal;
}

/**
 * Watches a task until it is settled, and shows it. Events of this process wake it at once; what other processes do is seen at the
 * next look. A database that cannot be reached for a while is waited for: the task is not lost.
 *
 * @returns the last state, or null when the signal ended the watch before the first look
 */
export async function follow({
  tasker,
  taskId,
  view,
  io,
  signal,
}: FollowOptions): Promise<Progress | null> {
  const bell = createBell();
  const unsubscribe = WAKING_EVENTS.map((event) =>
    tasker.on(event, (payload: { readonly taskId: number }) => {
      if (payload.taskId === taskId) bell.ring();
    }),
  );
  const onAbort = (): void => bell.ring();
  signal.addEventListener('abort', onAbort);
  const turning = setInterval(() => view.tick(io.now()), FRAME);
  let progress: Progress | null = null;
  let changedAt = io.now().getTime();
  try {
    while (!signal.aborted) {
      const before: Progress | null = progress;
      progress = await look(tasker, taskId, before);
      const now = io.now();
      if (progress !== null) view.update(progress, now);
      if (progress !== null && isTaskSettled(progress.task.status)) return progress;
      if (!isSame(before, progress)) changedAt = now.getTime();
      await bell.wait(now.getTime() - changedAt > QUIET_AFTER ? LOOK_WHEN_QUIET : LOOK);
    }
    return progress;
  } finally {
    clearInterval(turning);
    signal.removeEventListener('abort', onAbort);
    unsubscribe.forEach((stop) => stop());
    view.close(io.now());
  }
}

async function look(
  tasker: Tasker,
  taskId: number,
  before: Progress | null,
): Promise<Progress | null> {
  try {
    return await readProgress(tasker, taskId);
  } catch (error) {
    if (isTaskerError(error, 'DATABASE_UNAVAILABLE') && before !== null) return before;
    throw error;
  }
}

/** Cheap: whether a status or a number of attempts moved. */
function isSame(before: Progress | null, after: Progress | null): boolean {
  if (before === null || after === null) return false;
  const attempts = (progress: Progress): number =>
    progress.steps.reduce((sum, step) => sum + step.attempts, progress.attempts.length);
  return before.task.status === after.task.status && attempts(before) === attempts(after);
}

interface Bell {
  readonly ring: () => void;
  /** Resolves when it rings, or rang since the last wait, or after so many milliseconds. */
  wait(timeout: Milliseconds): Promise<void>;
}

function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: (timeout) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          wake = null;
          rung = false;
          resolve();
        };
        const timer = setTimeout(done, timeout);
        wake = done;
        if (rung) done();
      }),
  };
}
