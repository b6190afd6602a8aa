import { serializeError } from '../kernel/serialize-error.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Failure } from '../store/steps/fail-steps.ts';
import type { HeldStep } from '../store/steps/held-steps.ts';
import { errorText } from './advance.ts';
import type { EngineParts } from './parts.ts';
import { settleTasks } from './settle.ts';

/** Steps that one transaction gives back. */
const BATCH = 1_000;

/**
 * Gives back the steps of workers whose lease has lapsed. The lost run counts as an attempt: a handler that kills its worker uses up
 * its attempts instead of killing workers for ever.
 *
 * I1: a worker is declared lost before its steps are looked for, and every write of a lost worker is refused; so a step is either
 *     finished by its worker before this, or given back here, never both.
 * I2: the steps of a worker that is gone are looked for until it is known to hold none, whoever else looked for them before.
 * @param except the worker of this process, if it has one: a process that can ask is alive
 * @param everyone declares all other workers lost at once: for a database that only this process can have open
 * @returns true when a worker was declared lost by this call: what it had stored may not be settled (see sweepAll)
 */
export async function reapLost(
  parts: EngineParts,
  { everyone = false, except = 0 } = {},
): Promise<boolean> {
  const {
    workerIds: lost,
    isNews,
    longGone,
  } = await parts.store.markLostWorkers(parts.db, { everyone, except });
  if (lost.length === 0) return false;
  let reaped = 0;
  for (;;) {
    const { held, recorded } = await parts.db.transaction(async (tx) => {
      const steps = await parts.store.heldSteps(tx, lost, { lock: true });
      if (steps.length === 0) return { held: steps, recorded: [] };
      return { held: steps, ...(await parts.store.failSteps(tx, steps.map(lostFailure), false)) };
    });
    reaped += held.length;
    await countLost(parts, held);
    const exhausted = recorded.filter((r) => r.retryAt === null).map((r) => r.taskId);
    await settleTasks(parts, [...new Set(exhausted)]);
    if (held.length < BATCH) break;
  }
  if (reaped > 0) {
    parts.logger.warn({ worker_ids: lost, steps: reaped }, 'gave back the steps of lost workers');
    parts.hintWork();
  }
  await letGo(parts, longGone);
  return isNews;
}

/** Workers that were gone before the steps were looked for and that hold none: nobody looks for their steps again. */
async function letGo({ db, store }: EngineParts, longGone: readonly number[]): Promise<void> {
  if (longGone.length === 0) return;
  const held = await store.heldSteps(db, longGone, { lock: false }); // also those that somebody is writing
  const holders = new Set(held.map((step) => step.workerId));
  const empty = longGone.filter((workerId) => !holders.has(workerId));
  if (empty.length > 0) await store.markEmptied(db, empty);
}

async function countLost(
  { measures, pinned }: EngineParts,
  held: readonly HeldStep[],
): Promise<void> {
  for (const definitionId of new Set(held.map((step) => step.definitionId))) {
    const lost = held.filter((step) => step.definitionId === definitionId).length;
    measures.attemptsLost(await pinned.get(definitionId), lost);
  }
}

function lostFailure(step: HeldStep): Failure {
  const again = step.retryable && step.attempts < step.limit;
  const error =
    again || !step.retryable
      ? new TaskerError('WORKER_LOST', { step: step.name })
      : new TaskerError('POISON', { step: step.name, attempts: step.attempts });
  error.stack = `${error.name}: ${error.message}`; // where the reaper stands tells nothing about the step
  return {
    ...step,
    outcome: 'lost',
    errorText: errorText(serializeError(error)),
    retryInMs: step.retryable ? 0 : null,
  };
}

/**
 * Looks at the next slice of open tasks for ones that nothing can move: the safety net under settling, which should never catch
 * anything. Answers where the next slice starts.
 */
export async function sweepIdleTasks(parts: EngineParts, after: number): Promise<number> {
  const { idle, last } = await parts.store.findIdleTasks(parts.db, after, 500);
  if (idle.length > 0) {
    const settled = await settleTasks(parts, idle);
    const moved = settled.filter((s) => s.status !== null || s.released > 0).map((s) => s.taskId);
    if (moved.length > 0)
      parts.logger.warn(
        { task_ids: moved },
        'the sweep moved tasks that should have moved by themselves',
      );
  }
  return last ?? 0;
}

/**
 * Looks at all open tasks. For the moment after a loss: a worker may die between storing a result and settling its task, and then
 * nothing is left that would ask.
 */
export async function sweepAll(parts: EngineParts): Promise<void> {
  let after = 0;
  do after = await sweepIdleTasks(parts, after);
  while (after > 0);
}
