import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';
import { insertText } from './insert-tasks-text.ts';

/** What the steps of a new task look like: shared by all tasks of one definition with the same bypassed steps. */
export interface TaskShape {
  readonly definitionId: number;
  readonly leavesLeft: number;
  readonly steps: readonly {
    readonly position: number;
    readonly waitingOn: number;
    readonly skipped: boolean;
  }[];
  /** Steps that enter the ready queue at once: the roots, as far as the task's width lets them. */
  readonly ready: readonly { readonly position: number; readonly queue: string }[];
}

/** How a request is recognised as a repetition. */
export interface TaskIdentity {
  /** 32 bytes, hex. */
  readonly key: string;
  /** 32 bytes, hex: the content of the request, compared when a caller's key is repeated. */
  readonly payload: string | null;
  /** Sliding window in milliseconds; null = for ever. */
  readonly windowMs: number | null;
}

export interface NewTask {
  /** Index into the shapes. */
  readonly shape: number;
  readonly priority: number;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  readonly bypassSteps: readonly string[];
  readonly idempotencyKey: string | null;
  readonly requestedAt: Date | null;
  /** W3C traceparent of the span that creates the task; null when nothing is traced. */
  readonly traceContext: string | null;
  /** JSON text that has passed the gate. */
  readonly contextText: string;
  readonly identity: TaskIdentity | null;
}

/** What one statement stores. */
export interface NewTasks {
  readonly shapes: readonly TaskShape[];
  readonly tasks: readonly NewTask[];
  /** The worker that the ready steps are claimed for; null: they go into the queue. */
  readonly workerId: number | null;
}

/** A task that was stored. */
export interface StoredTask {
  readonly taskId: number;
  readonly requestedAt: Date;
  /** Its ready steps are held by the worker. False when they are in the queue: the worker was declared lost. */
  readonly taken: boolean;
}

/**
 * Stores tasks with all their steps and queue rows in one statement. The answer has, at the index of each new task, its id, or null
 * when its identity is taken (nothing of that task was stored). No two tasks of one call may have the same identity key.
 *
 * The identity is decided by the unique index of task_identities: a concurrent request with the same key waits for the first one to
 * commit, and then finds the window taken. Locks: identity rows in key order.
 */
export function insertTasks(
  t: Tables,
): (
  db: Connection,
  { shapes, tasks, workerId }: NewTasks,
) => Promise<readonly (StoredTask | null)[]> {
  const texts = {
    '': insertText(t, { identity: true, take: false }),
    '-plain': insertText(t, { identity: false, take: false }),
    '-take': insertText(t, { identity: true, take: true }),
    '-plain-take': insertText(t, { identity: false, take: true }),
  };
  return async (db, { shapes, tasks, workerId }) => {
    const plain = tasks.some((task) => task.identity !== null) ? '' : '-plain';
    const variant = `${plain}${workerId === null ? '' : '-take'}` as const; // sound: the four names above
    const { rows } = await db.query({
      name: `${t.schema}.insert-tasks${variant}`,
      text: texts[variant],
      values: [tasksText(tasks), shapesText(shapes), ...(workerId === null ? [] : [workerId])],
    });
    const stored: (StoredTask | null)[] = tasks.map(() => null);
    for (const row of rows)
      stored[(row['ord'] as number) - 1] = {
        taskId: row['task_id'] as number, // bigint columns, read as numbers
        requestedAt: new Date(row['requested_at'] as number),
        taken: row['taken'] as boolean,
      };
    return stored;
  };
}

function tasksText(tasks: readonly NewTask[]): string {
  const parts = tasks.map((task) => {
    const { identity } = task;
    const members = JSON.stringify([
      task.shape,
      task.priority,
      task.initiator,
      task.reason,
      task.sourceSystem,
      task.tags,
      task.bypassSteps,
      task.idempotencyKey,
      task.requestedAt,
      identity === null ? null : identity.key,
      identity === null ? null : identity.payload,
      identity === null ? null : identity.windowMs,
      task.traceContext,
    ]);
    return `${members.slice(0, -1)},${task.contextText}]`; // the context is JSON text already
  });
  return `[${parts.join(',')}]`;
}

function shapesText(shapes: readonly TaskShape[]): string {
  return JSON.stringify(
    shapes.map((shape) => [
      shape.definitionId,
      shape.leavesLeft,
      shape.steps.map((s) => [
        s.position,
        s.waitingOn,
        s.skipped ? 'skipped' : 'pending',
        shape.ready.some((r) => r.position === s.position),
      ]),
      shape.ready.map((r) => [r.position, r.queue]),
    ]),
  );
}
