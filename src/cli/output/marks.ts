import type { TaskStatus } from '../../model/status.ts';
import { formatDuration } from '../../kernel/duration.ts';
import { taskDuration } from './explain.ts';
import type { Mark } from './explain.ts';
import type { Task } from '../../model/task.ts';
import type { Style } from './text.ts';

interface Sign {
  readonly sign: string;
  readonly paint: keyof Style;
}

const SIGNS: Readonly<Record<Mark, Sign>> = {
  done: { sign: '✓', paint: 'good' },
  skipped: { sign: '○', paint: 'faint' },
  running: { sign: '▸', paint: 'active' },
  retrying: { sign: '↻', paint: 'warn' },
  waiting: { sign: '·', paint: 'faint' },
  failed: { sign: '✗', paint: 'bad' },
  cancelled: { sign: '⊘', paint: 'faint' },
};

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

/** The coloured sign of a line; with a frame number, a running line turns. */
export function signOf(mark: Mark, style: Style, frame?: number): string {
  const { sign, paint } = SIGNS[mark];
  const turning = mark === 'running' && frame !== undefined;
  return style[paint](turning ? (SPINNER[frame % SPINNER.length] ?? sign) : sign);
}

const TASK_PAINTS: Readonly<Record<TaskStatus, keyof Style>> = {
  pending: 'faint',
  in_progress: 'active',
  error: 'bad',
  complete: 'good',
  resolved_manually: 'good',
  cancelled: 'faint',
};

/** Colours any text as the status of its task. */
export function paintStatus(text: string, status: TaskStatus, style: Style): string {
  return style[TASK_PAINTS[status]](text);
}

/** `complete in 2.4s`, `error after 3.1s`, `in progress for 12s`, `pending`. */
export function taskLine(task: Task, now: Date, style: Style): string {
  const took = formatDuration(taskDuration(task, now));
  const status = paintStatus(task.status.replaceAll('_', ' '), task.status, style);
  switch (task.status) {
    case 'complete':
      return `${status} in ${took}`;
    case 'in_progress':
      return `${status} for ${took}`;
    case 'error':
    case 'cancelled':
    case 'resolved_manually':
      return `${status} after ${took}`;
    case 'pending':
      return status;
  }
}
