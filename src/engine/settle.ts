import type { Connection } from '../db/db.ts';
import { isTaskSettled, type TaskStatus } from '../model/status.ts';
import { outcomeOf } from '../model/outcome.ts';
import type { TaskState } from '../store/tasks/settle-task.ts';
import { isTaskEnd } from '../telemetry/measures.ts';
import type { EngineParts } from './parts.ts';

/** What settling did. */
export interface Settled {
  readonly taskId: number;
  readonly definitionId: number;
  /** The status that the task ended with, or null when it goes on. */
  readonly status: TaskStatus | null;
  /** How many steps went into the queue. */
  readonly released: number;
}

/**
 * Decides, for tasks in which something failed, was cancelled or is limited in width, what goes on: puts pending steps that wait for
 * nothing into the queue, as far as the width lets them, and settles tasks that have nothing left.
 *
 * I1: decided in a transaction that holds the task's lock, from a snapshot that was taken after the lock. A step that finishes
 *     meanwhile is either seen as finished, or seen as running and then asks again itself, after its own commit.
 * I2: the happy path never comes here: completing the last leaf settles a task in the hot statement.
 */
export async function settleTasks(
  parts: EngineParts,
  taskIds: readonly number[],
): Promise<readonly Settled[]> {
  if (taskIds.length === 0) return [];
  const settled = await parts.db.transaction((tx) => settleIn(parts, tx, taskIds));
  announce(parts, settled);
  return settled;
}

/** The same inside a verb's transaction. The caller announces after its commit. */
export async function settleIn(
  parts: EngineParts,
  tx: Connection,
  taskIds: readonly number[],
): Promise<readonly Settled[]> {
  await parts.store.lockTasks(tx, taskIds);
  const states = await parts.store.taskStates(tx, taskIds);
  const settled: Settled[] = [];
  for (const state of states) {
    if (!isTaskSettled(state.status)) settled.push(await settleOne(parts, tx, state));
  }
  return settled;
}

/** Tells this process's subscribers and hints at work. */
export function announce(parts: EngineParts, settled: readonly Settled[]): void {
  for (const { taskId, definitionId, status } of settled) {
    const pinned = parts.pinned.peek(definitionId);
    if (pinned && status !== null && isTaskEnd(status)) parts.measures.taskEnded(pinned, status);
    if (status === 'complete') parts.events.emit('task.completed', { taskId });
    if (status === 'error') parts.events.emit('task.failed', { taskId });
    if (status === 'cancelled') parts.events.emit('task.cancelled', { taskId });
  }
  if (settled.some((s) => s.released > 0)) parts.hintWork();
}

async function settleOne(parts: EngineParts, tx: Connection, state: TaskState): Promise<Settled> {
  const { taskId, definitionId } = state;
  const { definition } = await parts.pinned.get(definitionId, tx);
  const lanes =
    definition.width === null
      ? state.parked.length
      : Math.max(0, definition.width - state.running - state.queued);
  const release = state.parked.slice(0, lanes);
  if (release.length > 0) {
    const steps = release.map((position) => ({
      position,
      queue: definition.steps[position]?.queue ?? 'default',
    }));
    const released = await parts.store.enqueueSteps(tx, state, steps);
    return { taskId, definitionId, status: null, released };
  }
  const status = outcomeOf(state);
  if (status === null) return { taskId, definitionId, status, released: 0 };
  const moved = await parts.store.moveTask(tx, taskId, {
    from: ['pending', 'in_progress'],
    to: status,
  });
  return { taskId, definitionId, status: moved ? status : null, released: 0 };
}
