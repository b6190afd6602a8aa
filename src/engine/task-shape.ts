import type { TaskShape } from '../store/tasks/insert-tasks.ts';
import { openChildren, type PinnedDefinition } from './pinned-definitions.ts';

/** The rows that a task begins with when these steps are bypassed. */
export function shapeOf(pinned: PinnedDefinition, bypassed: ReadonlySet<number>): TaskShape {
  const { steps, width } = pinned.definition;
  const rows = steps.map((step) => ({
    position: step.position,
    waitingOn: step.parents.filter((parent) => !bypassed.has(parent)).length,
    skipped: bypassed.has(step.position),
  }));
  const roots = rows.filter((row) => row.waitingOn === 0 && !row.skipped);
  return {
    definitionId: pinned.definitionId,
    leavesLeft: rows.filter(
      (row) => !row.skipped && openChildren(pinned, row.position, bypassed).length === 0,
    ).length,
    steps: rows,
    ready: roots
      .slice(0, width ?? roots.length)
      .map((row) => ({ position: row.position, queue: steps[row.position]?.queue ?? 'default' })),
  };
}
