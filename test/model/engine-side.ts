/** What the model's commands do to the real engine: each as the worker, the chores or an operator's verb would do it, without timers. */
import { advance, errorText, fail } from '../../src/engine/advance.ts';
import { createTasks } from '../../src/engine/create-task.ts';
import type { Taker } from '../../src/engine/parts.ts';
import { bypassedPositions } from '../../src/engine/pinned-definitions.ts';
import { reapLost, sweepAll } from '../../src/engine/reap.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';
import { PermanentError, RetryableError } from '../../src/kernel/handler-errors.ts';
import { serializeError } from '../../src/kernel/serialize-error.ts';
import { decideRetry } from '../../src/retry/policy.ts';
import type { AdvanceAnswer } from '../../src/store/steps/advance-steps.ts';
import type { ClaimedStep } from '../../src/store/steps/claimed-step.ts';
import type { FailAnswer } from '../../src/store/steps/fail-steps.ts';
import { limitedTasksOf, toCompletions } from '../../src/worker/completions.ts';
import type { Success } from '../../src/worker/run.ts';
import { taskId, workerId, type Trial } from './lab.ts';
import { resultOf, type Failure } from './model.ts';
import { BEGINNING } from './picture.ts';
import type { SubmitAnswer } from './submit.ts';
import { LEASE_MS, present, type Ask, type Token } from './world.ts';

/** Runs a verb. @returns `done`, or the code that it was refused with */
export async function answerOf(verb: Promise<unknown>): Promise<string> {
  try {
    await verb;
    return 'done';
  } catch (error) {
    if (isTaskerError(error)) return error.code;
    throw error;
  }
}

/** As `submit` of the model. */
export async function create(
  trial: Trial,
  plan: number,
  { asks, taker }: { readonly asks: readonly Ask[]; readonly taker: number | null },
): Promise<SubmitAnswer> {
  const taken: ClaimedStep[] = [];
  const takes: Taker = {
    async takeNew(_, store) {
      const stored = await store(workerId(trial, taker ?? -1));
      stored.tell();
      taken.push(...stored.taken);
      return stored.value;
    },
  };
  const parts = { ...trial.parts, taker: () => (taker === null ? null : takes) };
  const definition = present(trial.definitions[plan], `definition ${plan}`);
  const requests = asks.map(({ bypass, priority, key, content, madeAt }) => ({
    context: { content },
    reason: `content ${content}`,
    priority,
    bypassSteps: bypass.map((position) => `s${position}`),
    ...(key !== null && { idempotencyKey: key }),
    ...(madeAt !== null && { requestedAt: new Date(BEGINNING + madeAt) }),
  }));
  try {
    const created = await createTasks(parts, definition, requests);
    const tasks = created.map((task) => {
      if (!trial.ids.tasks.includes(task.taskId)) trial.ids.tasks.push(task.taskId);
      return { task: trial.ids.tasks.indexOf(task.taskId), created: task.created };
    });
    return { kind: 'stored', tasks, taken: remember(trial, taker ?? -1, taken) };
  } catch (error) {
    if (!isTaskerError(error)) throw error;
    // sound: what the model does not expect is what the comparison with it finds
    return { kind: 'refused', code: error.code as 'DUPLICATE_TASK' };
  }
}

export async function registerWorker(trial: Trial, queues: readonly string[]): Promise<number> {
  const id = await trial.parts.store.registerWorker(trial.parts.db, {
    name: 'model',
    hostname: 'here',
    pid: 1,
    version: 'test',
    queues,
    slots: 0, // they claim when the test says so: no law may expect them to take what waits
    leaseMs: LEASE_MS,
  });
  return trial.ids.workers.push(id) - 1;
}

export function renewLease(trial: Trial, worker: number): Promise<boolean> {
  const { store, db } = trial.parts;
  return store.renewLease(db, workerId(trial, worker), LEASE_MS);
}

/** The pump's statement: results in, children and further steps out. */
export async function report(
  trial: Trial,
  worker: number,
  { tokens, takesOn, queue, queues, room }: Report,
): Promise<{ readonly refused: readonly Token[]; readonly given: readonly Token[] }> {
  const successes = await Promise.all(tokens.map((token) => successOf(trial, token)));
  successes.sort((a, b) => a.run.id - b.run.id);
  const free = takesOn ? MANY : 0;
  const { completions } = toCompletions(successes, { free, queues });
  let answer: AdvanceAnswer | undefined;
  await advance(
    trial.parts,
    { workerId: workerId(trial, worker), completions, queue, room, excluded: [] },
    {
      annotations: [],
      limitedTasks: limitedTasksOf(successes),
      onAnswer: (stored) => void (answer = stored),
    },
  );
  const refused = new Set(answer?.refused.map((r) => `${r.taskId} ${r.position}`));
  return {
    refused: tokens.filter((t) => refused.has(`${taskId(trial, t.task)} ${t.step}`)),
    given: remember(trial, worker, answer?.claimed ?? []),
  };
}

interface Report {
  readonly tokens: readonly Token[];
  readonly takesOn: boolean;
  readonly queue: string;
  readonly queues: readonly string[];
  readonly room: number;
}

/** More slots than any task has steps. */
const MANY = 100;

async function successOf(trial: Trial, token: Token): Promise<Success> {
  const step = claimOf(trial, token);
  const pinned = await trial.parts.pinned.get(step.definitionId);
  const bypassed = bypassedPositions(pinned, await bypassedOf(trial, step));
  const run = { id: step.taskId * 65_536 + step.position, step, pinned, bypassed };
  // sound: the two functions that read it need the claim, the definition and the bypassed steps of a run, and nothing else
  return { run, resultText: resultOf(token), annotations: [] } as unknown as Success;
}

/** A claim that came with its task says it; otherwise the worker reads the task, as here. */
async function bypassedOf({ parts }: Trial, step: ClaimedStep): Promise<readonly string[]> {
  if (step.task !== null) return step.task.bypassSteps;
  const tasks = await parts.store.loadTasks(parts.db, [step.taskId]);
  return tasks.get(step.taskId)?.bypassSteps ?? [];
}

/** As the worker reports failures. @returns those that were recorded, with the moment of the next run in the model's time */
export async function reportFailures(
  trial: Trial,
  failures: readonly { readonly token: Token; readonly failure: Failure }[],
): Promise<readonly { readonly token: Token; readonly next: number | null }[]> {
  const sent = await Promise.all(
    failures.map(async ({ token, failure }) => {
      const step = claimOf(trial, token);
      const { definition } = await trial.parts.pinned.get(step.definitionId);
      const template = present(definition.steps[step.position], `step ${step.position}`);
      const error = errorFor(failure);
      const decision = decideRetry({
        error,
        attempt: step.attempts,
        retryable: template.retryable,
        retryLimit: Infinity, // the statement decides whether a run is left
        backoff: template.backoff,
        customBackoff: null,
        now: new Date(BEGINNING),
        random: () => 0.5,
      });
      const delay =
        failure.how === 'given_back' ? 0 : decision.kind === 'retry' && decision.delayMs;
      return {
        ...step,
        workerId: workerId(trial, token.worker),
        outcome: OUTCOMES[failure.how],
        errorText: errorText(serializeError(error)),
        retryInMs: decision.kind === 'retry' && delay !== false ? delay : null,
        limit: template.retryLimit,
        queue: template.queue,
      };
    }),
  );
  sent.sort((a, b) => a.taskId - b.taskId || a.position - b.position);
  let answer: FailAnswer | undefined;
  await fail(trial.parts, sent, (recorded) => void (answer = recorded));
  const next = new Map(
    answer?.recorded.map((r) => [`${r.taskId} ${r.position}`, r.retryAt] as const),
  );
  return failures.flatMap(({ token }) => {
    const retryAt = next.get(`${taskId(trial, token.task)} ${token.step}`);
    if (retryAt === undefined) return [];
    return [{ token, next: retryAt === null ? null : retryAt.getTime() - BEGINNING }];
  });
}

const OUTCOMES = {
  error: 'error',
  asks: 'error',
  for_good: 'error',
  timeout: 'timeout',
  given_back: 'cancelled',
} as const;

function errorFor(failure: Failure): Error {
  if (failure.how === 'for_good') return new PermanentError('never');
  if (failure.how === 'asks') return new RetryableError('later', { retryAfter: failure.wait });
  return new Error('no');
}

/** Gives claims back whose handler was never called. */
export async function giveBack(
  trial: Trial,
  worker: number,
  tokens: readonly Token[],
): Promise<number> {
  const { store, db, pinned } = trial.parts;
  const steps = await Promise.all(
    tokens.map(async (token) => {
      const step = claimOf(trial, token);
      const { definition } = await pinned.get(step.definitionId);
      return { ...step, queue: definition.steps[step.position]?.queue ?? 'default' };
    }),
  );
  return store.returnSteps(db, workerId(trial, worker), steps);
}

export function signOff(trial: Trial, worker: number): Promise<void> {
  return trial.parts.store.stopWorker(trial.parts.db, workerId(trial, worker));
}

/** A round of the chores of a process whose worker is the asker. @returns true when somebody was called lost */
export async function reapAsChoresDo(trial: Trial, asker: number | null): Promise<boolean> {
  const except = asker === null ? 0 : workerId(trial, asker);
  const isNews = await reapLost(trial.parts, { except });
  if (isNews) await sweepAll(trial.parts);
  return isNews;
}

function keyOf({ worker, task, step, run }: Token): string {
  return `${worker} ${task} ${step} ${run}`;
}

function claimOf(trial: Trial, token: Token): ClaimedStep {
  return present(trial.claims.get(keyOf(token)), `claim ${keyOf(token)}`);
}

function remember(trial: Trial, worker: number, claims: readonly ClaimedStep[]): readonly Token[] {
  return claims.map((claim) => {
    const task = trial.ids.tasks.indexOf(claim.taskId);
    const token = { worker, task, step: claim.position, run: claim.attempts };
    trial.claims.set(keyOf(token), claim);
    return token;
  });
}
