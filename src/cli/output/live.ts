/** Three ways to show a task that goes on: redrawn in place for a person, a log for a pipe, NDJSON for a machine. */
import { formatDuration } from '../../kernel/duration.ts';
import type { Screen } from '../screen.ts';
import { createChangeFeed } from './changes.ts';
import type { Change } from './changes.ts';
import { errorDocument, taskDocument } from './documents.ts';
import { attemptDuration, problemOf, stepLine } from './explain.ts';
import type { Mark, Progress, StepLine } from './explain.ts';
import { signOf, taskLine } from './marks.ts';
import { createStyle, fit, oneLine, pad, textWidth } from './text.ts';

/** Shows a task while it goes on. */
export interface ProgressView {
  /** New facts. */
  update(progress: Progress, now: Date): void;
  /** Time went by: spinners turn, countdowns go down. */
  tick(now: Date): void;
  /** The end of the watch, settled or not. */
  close(now: Date): void;
}

/** The view that fits the screen. */
export function createProgressView(screen: Screen): ProgressView {
  if (screen.json) return jsonView(screen);
  return screen.interactive ? liveView(screen) : logView(screen);
}

/** Redraws in place. It never writes a line wider or a frame higher than the terminal, or the cursor would lose its way. */
function liveView(screen: Screen): ProgressView {
  let progress: Progress | null = null;
  let drawn = 0;
  let frame = 0;
  const draw = (now: Date): void => {
    if (progress === null) return;
    const lines = frameLines(progress, { screen, now, frame });
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    screen.raw(`${up}${lines.map((line) => `\u001B[2K${line}\n`).join('')}\u001B[0J`);
    drawn = lines.length;
  };
  return {
    update(latest, now) {
      progress = latest;
      draw(now);
    },
    tick(now) {
      frame += 1;
      draw(now);
    },
    close: draw,
  };
}

interface Frame {
  readonly screen: Screen;
  readonly now: Date;
  readonly frame: number;
}

/** The lines of one frame: the steps, then the state of the task. */
export function frameLines(progress: Progress, { screen, now, frame }: Frame): readonly string[] {
  const width = (screen.width ?? 80) - 1;
  const lines = progress.steps.map((step) => stepLine(step, { progress, now }));
  const { shown, rest } = selectLines(lines, Math.max(3, screen.rows - 3));
  const longest = Math.max(0, ...shown.map((line) => textWidth(line.name)));
  const nameWidth = Math.min(40, longest, Math.floor(width / 2));
  const state = taskLine(progress.task, now, screen.style);
  const plainState = taskLine(progress.task, now, createStyle(false));
  return [
    ...shown.map((line) => drawLine(line, { screen, width, nameWidth, frame })),
    ...(rest === null ? [] : [`  ${screen.style.faint(fit(rest, width - 2))}`]),
    `  ${textWidth(state) > width - 2 ? fit(plainState, width - 2) : state}`,
  ];
}

interface LineLayout {
  readonly screen: Screen;
  readonly width: number;
  readonly nameWidth: number;
  readonly frame: number;
}

function drawLine(line: StepLine, { screen, width, nameWidth, frame }: LineLayout): string {
  const { style } = screen;
  const name = pad(fit(oneLine(line.name), nameWidth), nameWidth);
  const room = Math.max(0, width - 2 - 2 - nameWidth - 2);
  const note = fit(line.note, room);
  const left = room - textWidth(note) - 3;
  const problem = line.problem === null || left < 8 ? '' : `   ${fit(oneLine(line.problem), left)}`;
  const paintNote = line.mark === 'waiting' || line.mark === 'done' ? style.faint : style.warn;
  const noteText = line.mark === 'running' ? style.active(note) : paintNote(note);
  return `  ${signOf(line.mark, style, frame)} ${name}  ${noteText}${style.bad(problem)}`.trimEnd();
}

/** What must be seen first when not every step fits the terminal. */
const IMPORTANCE: Readonly<Record<Mark, number>> = {
  failed: 0,
  running: 1,
  retrying: 2,
  waiting: 3,
  cancelled: 4,
  skipped: 5,
  done: 6,
};

/** The lines that fit, in template order, and one line that counts the others. */
export function selectLines(
  lines: readonly StepLine[],
  room: number,
): { readonly shown: readonly StepLine[]; readonly rest: string | null } {
  if (lines.length <= room) return { shown: lines, rest: null };
  const kept = new Set(
    lines.toSorted((one, two) => IMPORTANCE[one.mark] - IMPORTANCE[two.mark]).slice(0, room - 1),
  );
  const counts = new Map<Mark, number>();
  for (const { mark } of lines.filter((line) => !kept.has(line)))
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const counted = [...counts].map(([mark, count]) => `${count} ${mark}`).join(', ');
  return {
    shown: lines.filter((line) => kept.has(line)),
    rest: `… and ${lines.length - kept.size} more: ${counted}`,
  };
}

/** One line per event, each with its exact time; nothing is cut. */
function logView(screen: Screen): ProgressView {
  const feed = createChangeFeed();
  return {
    update(progress, now) {
      for (const change of feed(progress, now)) {
        screen.print(`${change.at.toISOString()}  ${changeText(change, progress, screen)}`);
      }
    },
    tick: () => undefined,
    close: () => undefined,
  };
}

function changeText(change: Change, progress: Progress, screen: Screen): string {
  const { style } = screen;
  switch (change.kind) {
    case 'task':
      return `task ${progress.task.taskId}  ${taskLine(progress.task, change.at, style)}`;
    case 'started': {
      const { attempt, step } = change.attempt;
      return `${signOf('running', style)} ${step}  ${attempt === 1 ? 'running' : `running, attempt ${attempt}`}`;
    }
    case 'finished':
      return finishedText(change, screen);
    case 'step': {
      const { mark, name, note } = stepLine(change.step, { progress, now: change.at });
      return `${signOf(mark, style)} ${name}  ${note}`;
    }
  }
}

function finishedText(change: Extract<Change, { kind: 'finished' }>, { style }: Screen): string {
  const { attempt, retryAt, exhausted } = change;
  const took = formatDuration(attemptDuration(attempt) ?? 0);
  if (attempt.outcome === 'success') return `${signOf('done', style)} ${attempt.step}  ${took}`;
  if (attempt.outcome === 'cancelled')
    return `${signOf('cancelled', style)} ${attempt.step}  cancelled after ${took}`;
  const what =
    attempt.outcome === 'error'
      ? 'failed'
      : attempt.outcome === 'timeout'
        ? 'timed out'
        : 'lost its worker';
  const wait =
    retryAt === null
      ? ''
      : `, retry in ${formatDuration(Math.max(0, retryAt.getTime() - change.at.getTime()))}`;
  const problem = problemOf(attempt.error);
  const mark = exhausted ? 'failed' : 'retrying';
  const text = `attempt ${attempt.attempt} ${what} after ${took}${wait}`;
  return `${signOf(mark, style)} ${attempt.step}  ${text}${problem === null ? '' : `   ${oneLine(problem)}`}`;
}

/** One JSON document per event. The last one carries the task. */
function jsonView(screen: Screen): ProgressView {
  const feed = createChangeFeed();
  return {
    update(progress, now) {
      for (const change of feed(progress, now)) screen.event(changeDocument(change, progress));
    },
    tick: () => undefined,
    close: () => undefined,
  };
}

function changeDocument(change: Change, { task }: Progress): object {
  const head = { event: change.event, at: change.at.toISOString(), task_id: task.taskId };
  switch (change.kind) {
    case 'task':
      return { ...head, status: change.status, task: taskDocument(task) };
    case 'started':
      return { ...head, step: change.attempt.step, attempt: change.attempt.attempt };
    case 'finished': {
      const { attempt, retryAt, exhausted } = change;
      const failure = {
        error: errorDocument(attempt.error),
        retry_at: retryAt?.toISOString() ?? null,
        exhausted,
      };
      const outcome = { step: attempt.step, attempt: attempt.attempt, outcome: attempt.outcome };
      return { ...head, ...outcome, ...(attempt.outcome === 'success' ? {} : failure) };
    }
    case 'step':
      return { ...head, step: change.step.name, status: change.step.status };
  }
}
