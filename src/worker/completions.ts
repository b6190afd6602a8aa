import { openChildren } from '../engine/pinned-definitions.ts';
import { workflowStepId } from '../model/task.ts';
import type { ChildMove, Completion } from '../store/steps/advance-steps.ts';
import type { NewAnnotation } from '../store/annotations/annotations.ts';
import type { Success } from './run.ts';

/** What the pump can offer to the children of finished steps. */
export interface Offer {
  /** Free slots of this worker. */
  readonly free: number;
  /** Queues that this worker serves. */
  readonly queues: readonly string[];
}

/**
 * What the statement needs to know of each finished run, and how many slots are kept for children. A child may be named by several
 * parents in one batch: it is counted once and moved the same way by all. A child that turns out to wait for another parent leaves
 * its slot unused until the statement has answered.
 */
export function toCompletions(
  successes: readonly Success[],
  { free, queues }: Offer,
): { readonly completions: readonly Completion[]; readonly taken: number } {
  const moves = new Map<number, ChildMove>();
  let taken = 0;
  const moveOf = (child: number, queue: string): ChildMove => {
    const known = moves.get(child);
    if (known !== undefined) return known;
    const move = taken < free && queues.includes(queue) ? 'take' : 'queue';
    if (move === 'take') taken += 1;
    moves.set(child, move);
    return move;
  };
  const completions = successes.map(({ run, resultText }): Completion => {
    const { taskId, position, attempts, definitionId, rank } = run.step;
    const { steps, width } = run.pinned.definition;
    const children = openChildren(run.pinned, position, run.bypassed).map((child) => {
      const queue = steps[child]?.queue ?? 'default';
      const move = width === null ? moveOf(workflowStepId(taskId, child), queue) : 'park';
      return { position: child, queue, move };
    });
    return { taskId, position, attempts, definitionId, rank, resultText, children };
  });
  return { completions, taken };
}

/** The notes of finished runs, ready to be stored. */
export function annotationsOf(successes: readonly Success[]): readonly NewAnnotation[] {
  return successes.flatMap(({ run, annotations }) =>
    annotations.map((a) => ({ taskId: run.step.taskId, position: run.step.position, ...a })),
  );
}

/** Tasks of limited width in which a lane becomes free. */
export function limitedTasksOf(successes: readonly Success[]): readonly number[] {
  const limited = successes.filter(({ run }) => run.pinned.definition.width !== null);
  return [...new Set(limited.map(({ run }) => run.step.taskId))];
}
