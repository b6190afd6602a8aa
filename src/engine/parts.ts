import type { Connection, Db } from '../db/db.ts';
import type { Emitter } from '../kernel/emitter.ts';
import type { JsonLimits } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Ports } from '../kernel/ports.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { Task } from '../model/task.ts';
import type { Store } from '../store/index.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { Measures } from '../telemetry/measures.ts';
import type { PinnedDefinition, PinnedDefinitions } from './pinned-definitions.ts';
import type { TaskerEvents } from './types.ts';

/** The first steps of a task that is being created. */
export interface NewSteps {
  readonly definitionId: number;
  /** The queue of each. */
  readonly queues: readonly string[];
}

/** What a statement stored, and the steps that it claimed. */
export interface Stored<T> {
  readonly value: T;
  readonly taken: readonly ClaimedStep[];
  /** Tells subscribers of it; called before the steps begin. */
  readonly tell: () => void;
}

/** A worker of this process that may take on the first steps of a new task at once. */
export interface Taker {
  /** Calls `store` with the id of the worker that the steps are to be claimed for, or with null: they go into the queue. */
  takeNew<T>(steps: NewSteps, store: (workerId: number | null) => Promise<Stored<T>>): Promise<T>;
}

/** What every verb works with. */
export interface EngineParts {
  readonly db: Db;
  readonly store: Store;
  readonly pinned: PinnedDefinitions;
  readonly events: Emitter<TaskerEvents>;
  readonly limits: JsonLimits;
  /** The machine: its clock, its randomness, its name. */
  readonly ports: Ports;
  readonly logger: Logger;
  /** Counts for the metrics what this process does. */
  readonly measures: Measures;
  /** The worker of this process, while there is one. */
  readonly taker: () => Taker | null;
  /** There may be work in the queue. A hint, never more: losing it costs the poll interval. */
  readonly hintWork: () => void;
  /** Runs of this task may have been taken away from their workers. */
  readonly hintTaken: (taskId: number) => void;
}

/**
 * Runs an operator's verb: one transaction in which no other verb or settling decides about this task.
 * @throws TASK_NOT_FOUND
 */
export async function actOnTask<T>(
  parts: EngineParts,
  taskId: number,
  work: (tx: Connection, task: Task, pinned: PinnedDefinition) => Promise<T>,
): Promise<T> {
  checkId(taskId);
  return parts.db.transaction(async (tx) => {
    await parts.store.lockTasks(tx, [taskId]);
    const task = await parts.store.findTask(tx, taskId);
    if (task === null) throw new TaskerError('TASK_NOT_FOUND', { taskId });
    return work(tx, task, await parts.pinned.get(task.definitionId, tx));
  });
}

/** The position that a name or a position names. @throws STEP_NOT_FOUND */
export function positionOf(
  pinned: PinnedDefinition,
  taskId: number,
  step: string | number,
): number {
  const position = typeof step === 'number' ? step : pinned.positions.get(step);
  if (position === undefined || pinned.definition.steps[position] === undefined) {
    const suggestion = typeof step === 'string' ? didYouMean(step, pinned.positions.keys()) : '';
    throw new TaskerError('STEP_NOT_FOUND', { taskId, step: String(step), suggestion });
  }
  return position;
}

/** @throws TASK_NOT_FOUND for what cannot be an id, so that it never reaches the database */
export function checkId(taskId: number): void {
  if (!isTaskId(taskId)) throw new TaskerError('TASK_NOT_FOUND', { taskId });
}

/** The ids of a list that can be ids, each once. @throws INVALID_REQUEST for more than 200 */
export function checkIds(taskIds: readonly number[]): readonly number[] {
  if (taskIds.length > MAX_IDS) {
    throw new TaskerError('INVALID_REQUEST', {
      problem: `at most ${MAX_IDS} task ids may be asked for at once`,
    });
  }
  return [...new Set(taskIds)].filter(isTaskId);
}

const MAX_IDS = 200;

/** True for a number that can be a task's id. */
export function isTaskId(taskId: number): boolean {
  return Number.isSafeInteger(taskId) && taskId >= 1 && taskId <= 2 ** 37;
}
