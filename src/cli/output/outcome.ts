import { isTaskSettled } from '../../model/status.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { WorkflowStep } from '../../model/task.ts';
import type { Screen } from '../screen.ts';
import { stepDocument, taskDocument } from './documents.ts';
import { problemOf, waitingBecause } from './explain.ts';
import type { Progress, Surroundings } from './explain.ts';
import { fit, printable } from './text.ts';

/** The exit code that a settled task gives: 0 when its work is done, 1 when it failed or was cancelled. */
export function exitCodeOf(status: TaskStatus): number {
  return status === 'complete' || status === 'resolved_manually' ? 0 : 1;
}

/** At most so many lines of one result on a terminal. */
const RESULT_LINES = 20;

/** What a task brought: the results of its last steps, or what went wrong and what to do. For people; nothing is cut in a pipe. */
export function printOutcome(progress: Progress, screen: Screen): void {
  const { task, steps } = progress;
  if (!isTaskSettled(task.status)) return;
  const { style } = screen;
  for (const step of steps.filter((candidate) => candidate.status === 'error')) {
    screen.print(
      `  ${style.bad('✗')} ${step.name}   ${printable(problemOf(step.error) ?? 'failed')}`,
    );
  }
  if (task.status === 'error') {
    screen.remark(
      `  look at it: tasker tasks show ${task.taskId}     again: tasker tasks retry ${task.taskId}`,
    );
    return;
  }
  for (const step of leavesWithResult(steps)) {
    const lines = printable(JSON.stringify(step.results, null, 2)).split('\n');
    const shown = screen.interactive ? cut(lines, (screen.width ?? 80) - 2) : lines;
    screen.print(`  ${style.strong(step.name)} ${shown.join('\n  ')}`);
  }
}

/** The whole outcome as one document. */
export function outcomeDocument(around: Surroundings): object {
  const { task, steps } = around.progress;
  return {
    task: taskDocument(task),
    steps: steps.map((step) => stepDocument(step, waitingBecause(step, around))),
  };
}

/** Steps that nothing depends on: what the task was made for. */
function leavesWithResult(steps: readonly WorkflowStep[]): readonly WorkflowStep[] {
  return steps.filter(
    (step) => step.childIds.length === 0 && step.processed && step.results !== null,
  );
}

function cut(lines: readonly string[], width: number): readonly string[] {
  const more = lines.length - RESULT_LINES;
  const shown =
    more > 0 ? [...lines.slice(0, RESULT_LINES), `… ${more} more lines; --json shows all`] : lines;
  return shown.map((line) => fit(line, width));
}
