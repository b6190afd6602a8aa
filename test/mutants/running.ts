import { alone, onPglite, onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const PUMP = 'src/worker/pump.ts';
const WORKER = 'src/worker/worker.ts';

/** The worker, and when an attempt follows another. */
export const RUNNING: readonly Mutant[] = [
  {
    name: 'worker: wakes by hints alone',
    file: WORKER,
    find: '() => this.#pollMs(), () => this.#pump.feed(),',
    replace: '() => this.#pollMs(), () => undefined,',
    killedBy: onPostgres(
      'engine/doubt',
      'that is idle finds by polling what another process stored without a hint',
    ),
  },
  {
    name: 'worker: more at once than it has slots',
    file: PUMP,
    find: 'this.#options.concurrency - this.#host.running() - this.#reserved',
    replace: 'this.#options.concurrency - this.#reserved',
    killedBy: onPostgres(
      'engine/parallel',
      'fans out to 200 steps and in again, wider than the worker has slots (row 8)',
    ),
  },
  {
    name: 'worker: one child more than it has slots',
    file: 'src/worker/completions.ts',
    find: 'taken < free && queues.includes(queue)',
    replace: 'taken <= free && queues.includes(queue)',
    killedBy: alone(
      'src/worker/completions',
      'as many children are taken on as there are free slots, the others are queued',
    ),
  },
  {
    name: 'worker: takes children of other queues',
    file: 'src/worker/completions.ts',
    find: 'taken < free && queues.includes(queue)',
    replace: 'taken < free',
    killedBy: alone(
      'src/worker/completions',
      'a child of a queue that the worker does not serve is left to others',
    ),
  },
  {
    name: 'worker: children of narrow tasks go on at once',
    file: 'src/worker/completions.ts',
    find: 'width === null ? moveOf',
    replace: 'width !== 0 ? moveOf',
    killedBy: alone(
      'src/worker/completions',
      'children of a task of limited width wait until it is known whether there is a lane',
    ),
  },
  {
    name: 'drain: outcomes are dropped',
    file: WORKER,
    find: 'await Promise.race([this.#handOver(), pause(LAST_FLUSH_MS, this.#stopped.signal)]);',
    replace: '',
    killedBy: onPglite('engine/doubt', 'that stops signs off only after its last result is stored'),
  },
  {
    name: 'drain: what runs is not waited for',
    file: WORKER,
    find: 'await this.#idle(this.#options.shutdownGraceMs);',
    replace: '',
    killedBy: onPostgres(
      'engine/recovery',
      'stopping waits for what runs within the grace, and loses nothing (row 18)',
    ),
  },
  {
    name: 'drain: what still runs is kept',
    file: WORKER,
    find: 'if (failure) this.#pump.failed(failure);',
    replace: '',
    killedBy: onPostgres(
      'engine/recovery',
      'stopping gives running steps back at once after the grace, to be run again (row 18, B24)',
    ),
  },
  {
    name: 'doubt: outcomes are dropped',
    file: PUMP,
    find: 'this.#successes.unshift(...successes); this.#resting = true;',
    replace: 'this.#resting = true;',
    killedBy: onPostgres(
      'engine/doubt',
      'before it was stored is stored by the next one, and nothing runs twice',
    ),
  },
  {
    name: 'doubt: failures are dropped',
    file: PUMP,
    find: 'this.#failures.unshift(...failures);',
    replace: '',
    killedBy: onPostgres(
      'engine/doubt',
      'before it was stored is stored by the next one, and costs one attempt',
    ),
  },
  {
    name: 'doubt: what the database gave unseen is not run',
    file: 'src/worker/recovery.ts',
    find: 'if (unseen.length > 0) attempts.begin(unseen, identity);',
    replace: '',
    killedBy: onPostgres(
      'engine/doubt',
      'after it was stored counts, and the step that it gave to the worker runs once',
    ),
  },
  {
    name: 'doubt: what is held is run once more',
    file: 'src/worker/recovery.ts',
    find: 'if (unseen.length > 0) attempts.begin(unseen, identity);',
    replace: 'if (unseen.length >= 0) attempts.begin(held, identity);',
    killedBy: onPostgres(
      'engine/doubt',
      'before it was stored is stored by the next one, and nothing runs twice',
    ),
  },
  {
    name: 'lost: a worker goes on under its old registration',
    file: 'src/worker/recovery.ts',
    find: 'await this.#persist(registerAnew);',
    replace: '',
    killedBy: onPostgres(
      'engine/recovery',
      'a worker that was declared lost aborts its handlers and starts anew under another id (row 18)',
    ),
  },
  {
    name: 'lost: the thread of the heartbeat says nothing',
    file: 'src/worker/heartbeat.ts',
    find: `if (rowCount === 0) parentPort.postMessage('lost');`,
    replace: '',
    killedBy: onPostgres(
      'engine/recovery',
      'a worker that was declared lost aborts its handlers and starts anew under another id (row 18)',
    ),
  },
  {
    name: 'lost: the heartbeat without a thread says nothing',
    file: 'src/worker/heartbeat.ts',
    find: 'if (!(await parts.store.renewLease(parts.db, workerId, leaseMs))) onLost();',
    replace: 'await parts.store.renewLease(parts.db, workerId, leaseMs);',
    killedBy: onPglite(
      'engine/take-new',
      'goes into the queue when the worker was declared lost, and runs once it has a new registration',
    ),
  },
  {
    name: 'run: no timeout',
    file: 'src/worker/execute.ts',
    find: 'if (timeoutMs !== null)',
    replace: 'if (timeoutMs === 0)',
    killedBy: onPostgres(
      'inputs/errors',
      'that never come are ended by the timeout; what a handler does later is ignored (row 18, B22)',
    ),
  },
  {
    name: 'run: a second outcome counts',
    file: 'src/worker/execute.ts',
    find: 'if (run.closed) return false;',
    replace: '',
    killedBy: onPostgres('engine/doubt', 'does not hear a handler that answers after its timeout'),
  },
  {
    name: 'backoff: no cap',
    file: 'src/retry/backoff.ts',
    find: 'policy.maxMs',
    replace: 'Infinity',
    times: 2,
    killedBy: alone(
      'src/retry/backoff',
      'every delay is a whole number from 0 to the cap, whatever the numbers',
    ),
  },
  {
    name: 'backoff: jitter takes more than half away',
    file: 'src/retry/jitter.ts',
    find: 'delayMs / 2 + (delayMs / 2) * random()',
    replace: 'delayMs / 2 - (delayMs / 2) * random()',
    killedBy: alone('src/retry/backoff', 'equal jitter keeps at least half of the delay'),
  },
  {
    name: 'backoff: jitter is drawn once',
    file: 'src/retry/jitter.ts',
    find: 'full: (delayMs, random) => delayMs * random()',
    replace: 'full: (delayMs) => delayMs * 0.5',
    killedBy: alone('src/retry/backoff', 'jitter is drawn anew for every attempt'),
  },
  {
    name: 'backoff: no floor',
    file: 'src/retry/backoff.ts',
    find: 'Math.max(spread, strategy.floorShare * policy.baseMs)',
    replace: 'spread',
    killedBy: alone(
      'src/retry/backoff',
      'exponential is never shorter than half of its base, however small the jitter',
    ),
  },
  {
    name: 'retry: although the error is permanent',
    file: 'src/retry/policy.ts',
    find: `if (errorName(failed.error) === 'PermanentError')`,
    replace: `if (errorName(failed.error) === '')`,
    killedBy: alone(
      'src/retry/policy',
      'a permanent error gives up at once, also when it comes from another copy of the package',
    ),
  },
  {
    name: 'retry: although the step is not retryable',
    file: 'src/retry/policy.ts',
    find: 'if (!failed.retryable)',
    replace: 'if (failed.retryLimit < 0)',
    killedBy: alone(
      'src/retry/policy',
      'a step that is not retryable gives up after its first attempt',
    ),
  },
  {
    name: 'retry: a thrown wait has no cap',
    file: 'src/retry/policy.ts',
    find: 'Math.min(Math.max(waitMs, 0), THROWN_RETRY_AFTER_CAP_MS)',
    replace: 'Math.max(waitMs, 0)',
    killedBy: alone('src/retry/policy', 'a thrown retryAfter is capped'),
  },
];
