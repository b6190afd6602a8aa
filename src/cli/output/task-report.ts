import { formatDuration } from '../../kernel/duration.ts';
import type { Json } from '../../kernel/json.ts';
import type { Attempt, StoredError, WorkflowStep } from '../../model/task.ts';
import type { OperatorEntry, WorkerInfo } from '../../engine/types.ts';
import type { Screen } from '../screen.ts';
import { attemptDuration, problemOf, stepLine } from './explain.ts';
import type { Progress } from './explain.ts';
import { signOf, taskLine } from './marks.ts';
import { table } from './table.ts';
import { fit, oneLine, printable } from './text.ts';

/** What a report is made of. */
export interface ReportFacts {
  readonly progress: Progress;
  readonly workers: readonly WorkerInfo[];
  readonly operatorLog: readonly OperatorEntry[];
  readonly annotations: readonly {
    readonly type: string;
    readonly step: string | null;
    readonly annotation: Json;
  }[];
}

/** A task on paper: what was asked, its steps, what went wrong, its history. Sections without content are left out. */
export function taskReport(facts: ReportFacts, screen: Screen, now: Date): readonly string[] {
  const sections: readonly Section[] = [
    { title: null, lines: headLines(facts.progress, screen, now) },
    { title: 'steps', lines: [stepTable(facts, screen, now)] },
    { title: 'last errors', lines: errorLines(facts.progress, screen) },
    { title: 'results', lines: resultLines(facts.progress, screen) },
    { title: 'attempts', lines: attemptLines(facts.progress.attempts, screen) },
    { title: 'interventions', lines: operatorLines(facts.operatorLog, screen) },
    {
      title: 'annotations',
      lines: facts.annotations.map(
        ({ type, step, annotation }) =>
          `${type}${step === null ? '' : ` by ${step}`}  ${limited(JSON.stringify(annotation), screen)}`,
      ),
    },
  ];
  return sections
    .filter((section) => section.lines.length > 0)
    .flatMap(({ title, lines }) =>
      title === null ? lines : ['', screen.style.strong(title), ...lines],
    );
}

interface Section {
  readonly title: string | null;
  readonly lines: readonly string[];
}

function headLines({ task }: Progress, screen: Screen, now: Date): readonly string[] {
  const { style } = screen;
  const line = (label: string, text: string): string =>
    `${style.faint(label.padEnd(10))} ${oneLine(text)}`;
  const optional: readonly (readonly [string, string])[] = [
    ['tags', task.tags.join(', ')],
    ['bypassed', task.bypassSteps.join(', ')],
    ['key', task.idempotencyKey ?? ''],
    ['priority', task.priority === 0 ? '' : String(task.priority)],
  ];
  return [
    `${style.strong(`task ${task.taskId}`)}  ${task.namespace}/${task.name} ${task.version}  ${taskLine(task, now, style)}`,
    line('context', limited(JSON.stringify(task.context), screen, 11)),
    line('initiator', task.initiator),
    line('reason', task.reason),
    line('source', task.sourceSystem),
    line('created', screen.moment(task.createdAt)),
    line('settled', screen.moment(task.settledAt)),
    ...optional.filter(([, text]) => text !== '').map(([label, text]) => line(label, text)),
  ];
}

function stepTable({ progress, workers }: ReportFacts, screen: Screen, now: Date): string {
  const lines = new Map(
    progress.steps.map((step) => [step, stepLine(step, { progress, now, workers })] as const),
  );
  const { style } = screen;
  return table<WorkflowStep>(
    [
      {
        title: ' ',
        cell: (step) => signOf(lines.get(step)?.mark ?? 'waiting', PLAIN),
        paint: (_, step) => signOf(lines.get(step)?.mark ?? 'waiting', style),
      },
      { title: 'STEP', cell: (step) => step.name },
      {
        title: 'STATUS',
        cell: (step) => (screen.interactive ? step.status.replaceAll('_', ' ') : step.status),
      },
      { title: 'ATTEMPTS', cell: (step) => `${step.attempts}/${step.retryLimit}` },
      { title: 'SYSTEM', cell: (step) => step.dependentSystem },
      { title: 'STATE', cell: (step) => lines.get(step)?.note ?? '' },
    ],
    progress.steps,
    { width: screen.width, style },
  );
}

const same = (text: string): string => text;
const PLAIN = { good: same, bad: same, warn: same, active: same, faint: same, strong: same };

function errorLines({ steps, task }: Progress, screen: Screen): readonly string[] {
  const { style } = screen;
  return steps
    .filter((step) => step.error !== null && !step.processed)
    .flatMap((step) => {
      const head = `${style.bad('✗')} ${step.name}  ${printable(problemOf(step.error) ?? '')}`;
      const isStopped = step.status === 'error' && step.readyAt === null;
      const advice = isStopped
        ? [`  once the cause is gone: tasker steps retry ${task.taskId} ${step.name}`]
        : [];
      return [head, ...causeLines(step.error), ...advice];
    });
}

function causeLines(error: StoredError | null): readonly string[] {
  if (error === null) return [];
  const data = error.data === undefined ? [] : [`  data: ${printable(JSON.stringify(error.data))}`];
  const cause =
    error.cause === undefined ? [] : [`  caused by ${printable(problemOf(error.cause) ?? '')}`];
  return [...data, ...cause];
}

function resultLines({ steps }: Progress, screen: Screen): readonly string[] {
  return steps
    .filter((step) => step.processed && step.results !== null)
    .map(
      (step) =>
        `${step.name}  ${limited(JSON.stringify(step.results), screen, step.name.length + 2)}`,
    );
}

function attemptLines(attempts: readonly Attempt[], screen: Screen): readonly string[] {
  if (attempts.length === 0) return [];
  return [
    table<Attempt>(
      [
        { title: 'STARTED', cell: (attempt) => screen.moment(attempt.startedAt) },
        { title: 'STEP', cell: (attempt) => attempt.step },
        { title: '#', cell: (attempt) => String(attempt.attempt) },
        { title: 'OUTCOME', cell: (attempt) => attempt.outcome },
        { title: 'TOOK', cell: tookText },
        {
          title: 'WORKER',
          cell: (attempt) => (attempt.workerId === null ? '-' : String(attempt.workerId)),
        },
        { title: 'ERROR', cell: (attempt) => problemOf(attempt.error) ?? '' },
      ],
      attempts,
      { width: screen.width, style: screen.style },
    ),
  ];
}

function tookText(attempt: Attempt): string {
  const took = attemptDuration(attempt);
  return took === null ? '-' : formatDuration(took);
}

function operatorLines(entries: readonly OperatorEntry[], screen: Screen): readonly string[] {
  return entries.map(({ createdAt, actor, action, step, fromStatus, toStatus, reason }) => {
    const move = fromStatus === null || toStatus === null ? '' : `  ${fromStatus} → ${toStatus}`;
    const why = reason === '' ? '' : `  (${oneLine(reason)})`;
    return `${screen.moment(createdAt)}  ${oneLine(actor)}  ${action}${step === null ? '' : ` ${step}`}${move}${why}`;
  });
}

/** One line, cut only on a terminal. */
function limited(text: string, screen: Screen, taken = 0): string {
  const line = oneLine(text);
  return screen.width === null ? line : fit(line, Math.max(20, screen.width - taken));
}
