import type { Connection, Row } from '../../db/db.ts';
import { TaskerError } from '../../kernel/errors.ts';
import type { Json } from '../../kernel/json.ts';
import type { Tables } from '../tables.ts';
import { advanceText, childCode } from './advance-text.ts';
import { toClaimedTask, type ClaimedStep, type ClaimedTask } from './claimed-step.ts';

/** What to do with a child that this completion makes ready. */
export type ChildMove =
  /** Claim it for this worker in the same statement. */
  | 'take'
  /** Put it into the ready queue, for whoever comes first. */
  | 'queue'
  /** Leave it pending: the task's width decides when it enters the queue. */
  | 'park';

/** One finished run: the result of a handler, and what becomes of the step's children. */
export interface Completion {
  readonly taskId: number;
  readonly position: number;
  /** The fencing token: `attempts` as it was at the claim. */
  readonly attempts: number;
  /** JSON text that has passed the gate. */
  readonly resultText: string;
  readonly definitionId: number;
  /** The negated priority of the task. */
  readonly rank: number;
  readonly children: readonly {
    readonly position: number;
    readonly queue: string;
    readonly move: ChildMove;
  }[];
}

export interface AdvanceRequest {
  readonly workerId: number;
  readonly completions: readonly Completion[];
  /** The queue to top up from. */
  readonly queue: string;
  /** At most so many further steps are claimed from the queue. */
  readonly room: number;
  /** Definitions that this worker cannot serve. */
  readonly excluded: readonly number[];
}

export interface AdvanceAnswer {
  /** Steps that this worker now holds: children taken on and steps from the queue. */
  readonly claimed: readonly ClaimedStep[];
  /** How many of the claimed steps came from the queue. */
  readonly fromQueue: number;
  /** Completions that were refused, because the step was no longer this worker's. */
  readonly refused: readonly { readonly taskId: number; readonly position: number }[];
  /** Tasks that became complete. */
  readonly settled: readonly number[];
  /** Tasks with a failed or cancelled step, in which something finished: ask whether they are over. */
  readonly toSettle: readonly number[];
  /** Tasks whose first step was claimed. */
  readonly started: readonly number[];
  /** How many children went into the queue for others. */
  readonly queued: number;
}

/**
 * The one statement of the hot path: records results, unlocks children (claiming them on or queueing them), settles tasks that have
 * nothing left, and tops up from the ready queue.
 *
 * I1 (fence): a completion counts only while the step is in progress, held by this worker, at the same `attempts`, and the worker
 *    has not been declared lost. Everything after it derives from the completions that counted, so a refused one changes nothing.
 * I2 (once): a child's counter goes down once per counted parent; the row lock of the child orders concurrent parents, and the
 *    comparison is made on the newest version of the row (read committed), so exactly one of them sees zero.
 * I3 (settle): a leaf decrements its task's `leaves_left`, once per task and batch; the row lock orders concurrent leaves.
 * Locks: queue rows (skipping locked ones), then steps: each part of the statement in (task_id, position) order, claimed ones and own
 *    ones in no order between them; then tasks. What two statements can still hold against each other is ended by PostgreSQL and retried.
 * Indexes: primary keys only, and ready_steps_next for the top-up.
 */
export function advanceSteps(
  t: Tables,
): (db: Connection, request: AdvanceRequest) => Promise<AdvanceAnswer> {
  const text = advanceText(t);
  return async (db, request) => {
    const { rows } = await db.query({
      name: `${t.schema}.advance-steps`,
      text,
      values: [
        list(request.completions, (c) => c.taskId),
        request.workerId,
        request.queue,
        request.room,
        `{${request.excluded.join(',')}}`,
        ...completionValues(request.completions),
      ],
    });
    return toAnswer(rows);
  };
}

const MOVES: Readonly<Record<ChildMove, number>> = { queue: 0, take: 1, park: 2 };

/** The parameters from `$6` on. JSON text has no line breaks outside of its strings, and inside they are escaped. */
function completionValues(completions: readonly Completion[]): readonly unknown[] {
  const queues: string[] = [];
  return [
    list(completions, (c) => c.position),
    list(completions, (c) => c.attempts),
    list(completions, (c) => c.definitionId),
    list(completions, (c) => c.rank),
    completions.map((c) => childrenText(c.children, queues)).join('\n'),
    completions.map((c) => c.resultText).join('\n'),
    queues,
  ];
}

function list(completions: readonly Completion[], of: (completion: Completion) => number): string {
  return `{${completions.map(of).join(',')}}`;
}

/** An array of codes; `queues` grows by the names that it refers to. */
function childrenText(children: Completion['children'], queues: string[]): string {
  const codes = children.map(({ position, queue, move }) => {
    if (move !== 'queue') return childCode(position, 0, MOVES[move]);
    if (!queues.includes(queue)) queues.push(queue);
    return childCode(position, queues.indexOf(queue), MOVES[move]);
  });
  return `{${codes.join(',')}}`;
}

/** What the statement tells in its one row with `lists`: numbers, in the order that its text gives. */
interface Lists {
  readonly claimed: readonly (readonly [number, number, number, number, number, number])[];
  readonly opened: readonly (readonly [number, number, number, number, number])[];
  readonly settled: readonly number[];
  readonly started: readonly number[];
  readonly toSettle: readonly number[];
  readonly refused: readonly (readonly [number, number])[];
  readonly queued: number;
}

/** An operator's changes to a claimed step. */
interface Edit {
  readonly inputs: Json;
  readonly retryLimit: number | null;
}

function toAnswer(rows: readonly Row[]): AdvanceAnswer {
  const tasks = new Map<number, ClaimedTask>();
  const edits = new Map<string, Edit>();
  let lists: Lists | null = null;
  for (const row of rows) {
    const taskId = row['task_id'] as number | null; // the statement's own column types, here and below
    const text = row['lists'] as string | null;
    if (taskId === null) lists = JSON.parse(text ?? '') as Lists;
    else if (text === null) tasks.set(taskId, toClaimedTask(row));
    else {
      const [position, limit] = text.split(',');
      const retryLimit = limit === undefined ? null : Number(limit);
      edits.set(`${taskId}:${position}`, { inputs: row['context'] as Json, retryLimit });
    }
  }
  if (lists === null)
    throw new TaskerError('DATABASE_FAULT', { problem: 'an answer has no lists' });
  const { settled, started, queued } = lists;
  return {
    claimed: [
      ...lists.claimed.map((step) => claimedStep(step, tasks.get(step[0]) ?? null, edits)),
      ...lists.opened.map((step) => claimedStep(step, null, edits)),
    ],
    fromQueue: lists.claimed.length,
    refused: lists.refused.map(([taskId, position]) => ({ taskId, position })),
    settled,
    toSettle: lists.toSettle.length === 0 ? lists.toSettle : [...new Set(lists.toSettle)],
    started,
    queued,
  };
}

function claimedStep(
  step: Lists['claimed'][number] | Lists['opened'][number],
  task: ClaimedTask | null,
  edits: ReadonlyMap<string, Edit>,
): ClaimedStep {
  const [taskId, position, attempts, definitionId, rank, waitedMs] = step;
  const edit = edits.size === 0 ? undefined : edits.get(`${taskId}:${position}`);
  return {
    taskId,
    position,
    attempts,
    definitionId,
    rank,
    inputs: edit?.inputs ?? null,
    retryLimit: edit?.retryLimit ?? null,
    waitedMs: waitedMs ?? null,
    task,
  };
}
