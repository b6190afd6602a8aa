import { isUnavailable } from '../db/failure.ts';
import { fullJitter, pause } from '../db/pause.ts';
import { gateJson } from '../kernel/json.ts';
import type { AdvanceAnswer, AdvanceRequest } from '../store/steps/advance-steps.ts';
import type { FailAnswer, Failure } from '../store/steps/fail-steps.ts';
import type { NewAnnotation } from '../store/annotations/annotations.ts';
import type { EngineParts } from './parts.ts';
import { settleTasks } from './settle.ts';

export interface AdvanceOptions {
  /** Notes of the finished runs: stored with the completions, or not at all. */
  readonly annotations: readonly NewAnnotation[];
  /** Tasks whose width may have a free lane once these completions are stored. */
  readonly limitedTasks: readonly number[];
  /** Called with the answer as soon as it is stored, before anything else is asked of the database. */
  readonly onAnswer: (answer: AdvanceAnswer) => void;
}

/**
 * Stores finished runs and claims further steps: the hot path (store/steps/advance-steps.ts). Then, only where something had failed or
 * is limited in width, asks whether tasks are over.
 */
export async function advance(
  parts: EngineParts,
  request: AdvanceRequest,
  options: AdvanceOptions,
): Promise<void> {
  const { store, db, events } = parts;
  const answer =
    options.annotations.length === 0
      ? await store.advanceSteps(db, request)
      : await db.transaction(async (tx) => {
          const advanced = await store.advanceSteps(tx, request);
          const refused = new Set(advanced.refused.map((r) => `${r.taskId}:${r.position}`));
          const accepted = options.annotations.filter(
            (a) => !refused.has(`${a.taskId}:${a.position}`),
          );
          if (accepted.length > 0) await store.upsertAnnotations(tx, accepted);
          return advanced;
        });
  for (const taskId of answer.started) events.emit('task.started', { taskId });
  options.onAnswer(answer);
  countCompleted(parts, request, answer.settled);
  for (const taskId of answer.settled) events.emit('task.completed', { taskId });
  if (answer.queued > 0) parts.hintWork();
  const over = new Set(answer.settled);
  const ask = new Set([...answer.toSettle, ...options.limitedTasks]);
  await settleLater(
    parts,
    [...ask].filter((taskId) => !over.has(taskId)),
  );
}

/** A task is completed by a run of this very statement, which names its definition. */
function countCompleted(
  { measures, pinned }: EngineParts,
  { completions }: AdvanceRequest,
  settled: readonly number[],
): void {
  if (settled.length === 0) return;
  const definitions = new Map(completions.map((c) => [c.taskId, c.definitionId]));
  for (const taskId of settled) {
    const known = pinned.peek(definitions.get(taskId) ?? 0);
    if (known !== undefined) measures.taskEnded(known, 'complete');
  }
}

/** Stores runs that did not succeed, and settles the tasks whose step is exhausted. */
export async function fail(
  parts: EngineParts,
  failures: readonly Failure[],
  onAnswer: (answer: FailAnswer) => void,
): Promise<void> {
  const answer = await parts.store.failSteps(parts.db, failures, true);
  onAnswer(answer);
  // A retry that waits for its time is no work yet, so a hint would only wake workers for nothing.
  if (failures.some((f) => f.retryInMs !== null && f.retryInMs <= 0)) parts.hintWork();
  const exhausted = answer.recorded.filter((r) => r.retryAt === null).map((r) => r.taskId);
  await settleLater(parts, [...new Set(exhausted)]);
}

/** How often settling is tried before it is left to the sweep, which comes by every ten seconds or so. */
const SETTLE_TRIES = 5;

/** What was stored is stored: a settling that fails is tried again on another connection, and then done by the sweep. */
async function settleLater(parts: EngineParts, taskIds: readonly number[]): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await settleTasks(parts, taskIds);
      return;
    } catch (error) {
      if (tries === SETTLE_TRIES || !isUnavailable(error)) {
        parts.logger.warn(
          { err: error, task_ids: taskIds },
          'tasks were not settled; the sweep settles them',
        );
        return;
      }
      await pause(fullJitter(50 * 2 ** tries, parts.ports.random));
    }
  }
}

/** The error of a run as JSON text, after the gate; an error that cannot be stored becomes a small one that can. */
export function errorText(error: unknown): string {
  const gated = gateJson(error);
  return gated.ok
    ? gated.text
    : JSON.stringify({
        name: 'Error',
        message: `an error that cannot be stored (${gated.problem})`,
        altered: true,
      });
}
