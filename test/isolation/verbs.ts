import { advance, fail } from '../../src/engine/advance.ts';
import type { EngineParts } from '../../src/engine/parts.ts';
import { openChildren } from '../../src/engine/pinned-definitions.ts';
import { reapLost } from '../../src/engine/reap.ts';
import type { AdvanceAnswer, ChildMove, Completion } from '../../src/store/steps/advance-steps.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import type { FailAnswer, Failure } from '../../src/store/steps/fail-steps.ts';

/** What a worker does, as the worker's loop does it: the same verbs, the same completions. The answers are words of an outcome. */

/** Claims from the queue: `claimed 0 1`, by position, or `claimed nothing`. */
export async function claim(
  parts: EngineParts,
  { workerId, room }: { readonly workerId: number; readonly room: number },
): Promise<string> {
  const { claimed } = await report(parts, { workerId, done: [], room });
  return saidOf(claimed);
}

/** Reports finished runs: `stored` or `refused`, and the children that it took on. */
export async function complete(
  parts: EngineParts,
  run: {
    readonly workerId: number;
    readonly steps: readonly ClaimedStep[];
    readonly move?: ChildMove;
    /** How many further steps it asks for. @default 0 */
    readonly room?: number;
  },
): Promise<string> {
  const { workerId, steps, move = 'queue', room = 0 } = run;
  const done = steps.map((step) => completion(parts, step, move));
  const { refused, claimed } = await report(parts, { workerId, done, room });
  const stored = refused.length === 0 ? 'stored' : 'refused';
  return claimed.length === 0 ? stored : `${stored}, ${saidOf(claimed)}`;
}

/** Reports a run that failed: `recorded` or `refused`. */
export async function failed(
  parts: EngineParts,
  run: {
    readonly workerId: number;
    readonly step: ClaimedStep;
    /** Milliseconds until the next attempt; null: none follows. */
    readonly retryInMs: number | null;
  },
): Promise<string> {
  const { workerId, step, retryInMs } = run;
  let answer: FailAnswer | null = null;
  await fail(parts, [failure(workerId, step, retryInMs)], (stored) => {
    answer = stored;
  });
  const recorded = (answer as FailAnswer | null)?.recorded ?? []; // the callback has set it; the checker cannot see that
  return recorded.length === 1 ? 'recorded' : 'refused';
}

/** Claims one step and reports that it failed and may be tried again in an hour. */
export async function claimAndFail(parts: EngineParts, workerId: number): Promise<string> {
  const { claimed } = await report(parts, { workerId, done: [], room: 1 });
  const [step] = claimed;
  if (!step) return 'claimed nothing';
  return `claimed ${step.position}, ${await failed(parts, { workerId, step, retryInMs: 3_600_000 })}`;
}

/** A run that threw. */
export function failure(workerId: number, step: ClaimedStep, retryInMs: number | null): Failure {
  return {
    ...step,
    workerId,
    outcome: 'error',
    errorText: '{"name":"Error","message":"planned"}',
    retryInMs,
    limit: 3,
    queue: 'default',
  };
}

/** Makes retries claimable whose time has come: `promoted 1`. */
export async function promote({ store, db }: EngineParts): Promise<string> {
  return `promoted ${(await store.promoteDue(db)).promoted}`;
}

async function report(
  parts: EngineParts,
  given: {
    readonly workerId: number;
    readonly done: readonly Completion[];
    readonly room: number;
  },
): Promise<AdvanceAnswer> {
  const { workerId, done, room } = given;
  const answers: AdvanceAnswer[] = [];
  await advance(
    parts,
    { workerId, completions: done, queue: 'default', room, excluded: [] },
    { annotations: [], limitedTasks: [], onAnswer: (answer) => answers.push(answer) },
  );
  const [answer] = answers;
  if (!answer) throw new Error('advance answered nothing');
  return answer;
}

/** A run that succeeded, with what becomes of the step's children. */
export function completion(parts: EngineParts, step: ClaimedStep, move: ChildMove): Completion {
  const pinned = parts.pinned.peek(step.definitionId);
  if (!pinned) throw new Error('The session does not know the definition');
  const children = openChildren(pinned, step.position, new Set()).map((position) => ({
    position,
    queue: 'default',
    move,
  }));
  return { ...step, resultText: '1', children };
}

function saidOf(claimed: readonly ClaimedStep[]): string {
  if (claimed.length === 0) return 'claimed nothing';
  const positions = claimed.map(({ position }) => position).toSorted((a, b) => a - b);
  return `claimed ${positions.join(' ')}`;
}

/** One round of the chore that gives back what lost workers held. */
export async function reap(parts: EngineParts): Promise<string> {
  await reapLost(parts);
  return 'done';
}
