import { formatDuration } from '../../kernel/duration.ts';
import type { Logger, LogMethod } from '../../kernel/logger.ts';
import type { TaskerEvents } from '../../engine/types.ts';
import type { Tasker } from '../../tasker-interface.ts';
import type { CliIo } from '../io.ts';
import type { Screen } from '../screen.ts';
import { signOf } from './marks.ts';
import { oneLine } from './text.ts';

/** Where a worker tells what it does. */
export interface WorkerOutlet {
  readonly io: CliIo;
  readonly screen: Screen;
  /** Also steps that start and succeed. */
  readonly isVerbose: boolean;
  /** Of those that are shown only when verbose, not that something starts. @default false */
  readonly isCompact?: boolean;
}

/** One line per event of this worker; with `--json`, one document. */
export function tellEvents(
  tasker: Tasker,
  { screen, io, isVerbose, isCompact = false }: WorkerOutlet,
): void {
  for (const [event, describe] of Object.entries(EVENT_LINES) as EventLine[]) {
    if (QUIET_EVENTS.has(event) && !isVerbose && !screen.json) continue;
    if (isCompact && STARTS.has(event) && !screen.json) continue;
    tasker.on(event, (payload) => {
      const at = io.now().toISOString();
      if (screen.json) screen.event({ event, at, ...payloadDocument(payload) });
      else
        screen.print(`${screen.interactive ? at.slice(11, 19) : at}  ${describe(payload, screen)}`);
    });
  }
}

type AnyPayload = {
  readonly taskId?: number;
  readonly step?: string;
  readonly attempt?: number;
  readonly name?: string;
  readonly definitionId?: number;
  readonly problem?: string;
  readonly message?: string;
  readonly exhausted?: boolean;
  readonly retryInMs?: number | null;
};
type EventName = Extract<
  keyof TaskerEvents,
  `task.${string}` | `step.${string}` | 'worker.unservable'
>;
type Describe = (payload: AnyPayload, screen: Screen) => string;
// sound: Object.entries of the table gives its keys; every payload of these events is assignable to AnyPayload
type EventLine = [EventName, Describe];

const QUIET_EVENTS: ReadonlySet<EventName> = new Set([
  'task.created',
  'task.started',
  'step.started',
  'step.completed',
]);

const STARTS: ReadonlySet<EventName> = new Set(['task.started', 'step.started']);

const EVENT_LINES: Partial<Record<EventName, Describe>> = {
  'task.started': (p, { style }) => `${signOf('running', style)} task ${p.taskId}  started`,
  'task.completed': (p, { style }) => `${signOf('done', style)} task ${p.taskId}  complete`,
  'task.failed': (p, { style }) => `${signOf('failed', style)} task ${p.taskId}  error`,
  'task.cancelled': (p, { style }) => `${signOf('cancelled', style)} task ${p.taskId}  cancelled`,
  'task.resolved_manually': (p, { style }) =>
    `${signOf('done', style)} task ${p.taskId}  resolved by hand`,
  'step.started': (p, { style }) => `${signOf('running', style)} ${stepText(p)}  running`,
  'step.completed': (p, { style }) => `${signOf('done', style)} ${stepText(p)}  complete`,
  'step.failed': failedText,
  'step.cancelled': (p, { style }) => `${signOf('cancelled', style)} ${stepText(p)}  cancelled`,
  'step.lease_lost': (p, { style }) =>
    `${signOf('failed', style)} ${stepText(p)}  answer refused: the step was taken over`,
  'worker.unservable': (p, { style }) =>
    `${signOf('waiting', style)} left to other workers: ${oneLine(p.problem ?? '')}`,
};

function failedText(payload: AnyPayload, { style }: Screen): string {
  const wait = payload.retryInMs ?? null;
  const next = wait === null ? 'no further retry' : `retry in ${formatDuration(wait)}`;
  const sign = signOf(payload.exhausted === true ? 'failed' : 'retrying', style);
  return `${sign} ${stepText(payload)}  attempt ${payload.attempt} failed, ${next}   ${oneLine(payload.message ?? '')}`;
}

function stepText({ taskId, step }: AnyPayload): string {
  return `task ${taskId} ${step}`;
}

function payloadDocument(payload: AnyPayload): object {
  const { taskId, step, attempt, name, definitionId, problem, message, exhausted, retryInMs } =
    payload;
  // JSON.stringify leaves out what an event does not have
  return {
    task_id: taskId,
    step,
    attempt,
    name,
    definition_id: definitionId,
    problem,
    message,
    exhausted,
    retry_in_ms: retryInMs,
  };
}

/** Warnings and errors, of the engine and of handlers, go to standard error: one line each, with what they are about. */
export function commandLogger({ io, screen, isVerbose }: WorkerOutlet): Logger {
  const line =
    (level: string): LogMethod =>
    (fields, message) => {
      const at = io.now().toISOString();
      const text = screen.json
        ? JSON.stringify({ ...plainFields(fields), level, at, message })
        : `${at}  ${level}  ${oneLine([message, ...fieldTexts(fields)].join('   '))}`;
      io.err.write(`${text}\n`);
    };
  const nothing: LogMethod = () => undefined;
  const info = isVerbose ? line('info') : nothing;
  return { debug: nothing, info, warn: line('warning'), error: line('error') };
}

type LogFields = Parameters<LogMethod>[0];

/** Fields that can be written: an error by its name and message, since its members cannot be enumerated. */
function plainFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? { name: value.name, message: value.message }
        : isWritable(value)
          ? value
          : UNREADABLE,
    ]),
  );
}

function fieldTexts(fields: LogFields): readonly string[] {
  return Object.entries(fields).map(([name, value]) => {
    if (value instanceof Error) return value.message;
    const text = isWritable(value) ? (JSON.stringify(value) ?? String(value)) : UNREADABLE;
    return `${name}=${typeof value === 'string' ? value : text}`;
  });
}

const UNREADABLE = '(unreadable)';

/** A handler logs what it likes; what is no JSON must not fail its attempt. */
function isWritable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
