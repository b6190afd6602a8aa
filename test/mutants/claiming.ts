import { onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const ADVANCE = 'src/store/steps/advance-text.ts';
const MARK_LOST = 'src/store/workers/mark-lost.ts';

/** The queue, leases, the clock. */
export const CLAIMING: readonly Mutant[] = [
  {
    name: 'claim: no skip locked',
    file: ADVANCE,
    find: 'limit $4 for update skip locked',
    replace: 'limit $4 for update',
    killedBy: onPostgres(
      'race/claim',
      'another worker claims: each gets different steps, and neither waits',
    ),
  },
  {
    name: 'claim: no lock at all',
    file: ADVANCE,
    find: 'limit $4 for update skip locked',
    replace: 'limit $4',
    killedBy: onPostgres(
      'race/claim',
      'another worker claims: each gets different steps, and neither waits',
    ),
  },
  {
    name: 'claim: the row stays in the queue',
    file: ADVANCE,
    find: 'delete from ${t.ready_steps} where ctid = any',
    replace: 'update ${t.ready_steps} set due = due where ctid = any',
    killedBy: onPostgres(
      'race/claim',
      'another worker claims: each gets different steps, and neither waits',
    ),
  },
  {
    name: 'claim: the attempt is not counted before it runs',
    file: ADVANCE,
    find: 'worker_id = $2, attempts = s.attempts + 1, started_at',
    replace: 'worker_id = $2, started_at',
    killedBy: onPostgres(
      'race/fence',
      'completes nothing with the token of an earlier run of its own',
    ),
  },
  {
    name: 'claim: whatever the status of the step',
    file: ADVANCE,
    find: `and s.status in ('pending', 'error') and s.waiting_on = 0`,
    replace: 'and s.waiting_on = 0',
    killedBy: onPostgres(
      'race/fence',
      'that finds a step in the queue which may not run starts nothing',
    ),
  },
  {
    name: 'claim: although parents are not done',
    file: ADVANCE,
    find: `and s.status in ('pending', 'error') and s.waiting_on = 0`,
    replace: `and s.status in ('pending', 'error')`,
    killedBy: onPostgres(
      'race/fence',
      'that finds a step in the queue which may not run starts nothing',
    ),
  },
  {
    name: 'claim: lost workers claim',
    file: ADVANCE,
    find: '<> all ($5::int[]) and exists (select from alive)',
    replace: '<> all ($5::int[])',
    killedBy: onPostgres(
      'race/claim',
      'the worker is declared lost: it may claim nothing more, and what it got meanwhile goes back',
    ),
  },
  {
    name: 'claim: priority is ignored',
    file: ADVANCE,
    find: 'order by rank, task_id, position',
    replace: 'order by task_id, position',
    killedBy: onPostgres('engine/parallel', 'takes tasks of higher priority first (rows 6, 8)'),
  },
  {
    name: 'claim: from every queue',
    file: ADVANCE,
    find: 'where queue = $3 and due',
    replace: 'where $3::text is not null and due',
    killedBy: onPostgres(
      'engine/queues',
      'serves its own queues only, in their order of preference (rows 8, 24)',
    ),
  },
  {
    name: 'claim: retries before their time',
    file: ADVANCE,
    find: 'where queue = $3 and due',
    replace: 'where queue = $3',
    killedBy: onPostgres(
      'engine/faults-of-running',
      'B20 and B21 a failure makes one entry in the queue, at its time, and nothing runs before',
    ),
  },
  {
    name: 'claim: a task begins once more with each of its steps',
    file: ADVANCE,
    find: `where task.task_id = c.task_id and task.status = 'pending'`,
    replace: 'where task.task_id = c.task_id',
    killedBy: onPostgres('race/claim', 'another worker begins the same task: it begins once'),
  },
  {
    name: 'due: retries become due before their time',
    file: 'src/store/steps/promote-due.ts',
    find: 'where not due and ready_at <= ${t.clock}',
    replace: 'where not due',
    killedBy: onPostgres('race/guards', 'lets a retry start at its very moment, and not before'),
  },
  {
    name: 'due: a moment after its time',
    file: 'src/store/steps/promote-due.ts',
    find: 'ready_at <= ${t.clock}',
    replace: 'ready_at < ${t.clock}',
    killedBy: onPostgres('race/guards', 'lets a retry start at its very moment, and not before'),
  },
  {
    name: 'due: by another clock than the engine’s',
    file: 'src/store/steps/promote-due.ts',
    find: 'ready_at <= ${t.clock}',
    replace: 'ready_at <= clock_timestamp()',
    killedBy: onPostgres('race/guards', 'lets a retry start at its very moment, and not before'),
  },
  {
    name: 'lease: lapsed at its last moment',
    file: MARK_LOST,
    find: 'lease_expires_at < ${t.clock}',
    replace: 'lease_expires_at <= ${t.clock}',
    killedBy: onPostgres('race/guards', 'holds at its very last moment'),
  },
  {
    name: 'lease: read as lapsed at its last moment',
    file: 'src/store/workers/read-lease.ts',
    find: 'lease_expires_at >= ${t.clock}',
    replace: 'lease_expires_at > ${t.clock}',
    killedBy: onPostgres('race/guards', 'holds at its very last moment'),
  },
  {
    name: 'lease: nobody is ever declared lost',
    file: MARK_LOST,
    find: '($1::boolean or lease_expires_at < ${t.clock})',
    replace: '($1::boolean or false)',
    killedBy: onPostgres('race/guards', 'is lost a moment later'),
  },
  {
    name: 'lease: whoever asks may be declared lost',
    file: MARK_LOST,
    find: 'where worker_id <> $2 and lost_at is null',
    replace: 'where $2::bigint is not null and lost_at is null',
    killedBy: onPostgres(
      'race/guards',
      'is not taken from whoever asks, nor from a worker that has stopped',
    ),
  },
  {
    name: 'lease: a worker that stopped is declared lost',
    file: MARK_LOST,
    find: 'lost_at is null and stopped_at is null and ($1',
    replace: 'lost_at is null and ($1',
    killedBy: onPostgres(
      'race/guards',
      'is not taken from whoever asks, nor from a worker that has stopped',
    ),
  },
  {
    name: 'lease: a loss is news again and again',
    file: MARK_LOST,
    find: 'lost_at is null and stopped_at is null and ($1',
    replace: 'stopped_at is null and ($1',
    killedBy: onPostgres('race/guards', 'is lost a moment later'),
  },
  {
    name: 'lease: renewed after the loss',
    file: 'src/store/workers/renew-lease.ts',
    find: 'where worker_id = $1 and lost_at is null and stopped_at is null',
    replace: 'where worker_id = $1 and stopped_at is null',
    killedBy: onPostgres('race/guards', 'of a worker that was declared lost is not renewed'),
  },
  {
    name: 'reaper: looks once at what a lost worker holds',
    file: MARK_LOST,
    find: '(lost_at is not null or stopped_at is not null)',
    replace: 'stopped_at is not null',
    killedBy: onPostgres(
      'race/claim',
      'the worker is declared lost: it may claim nothing more, and what it got meanwhile goes back',
    ),
  },
  {
    name: 'reaper: waits for steps that are being written',
    file: 'src/store/steps/held-steps.ts',
    find: 'for update of s skip locked',
    replace: 'for update of s',
    killedBy: onPostgres(
      'race/complete',
      'its worker is declared lost: a statement that came first counts, and nothing is given back',
    ),
  },
  {
    name: 'reaper: a lost run costs no attempt',
    file: 'src/engine/reap.ts',
    find: 'retryInMs: step.retryable ? 0 : null',
    replace: 'retryInMs: 0, limit: 1_000',
    killedBy: onPostgres(
      'race/guards',
      'costs the run of a lost worker as an attempt: the last one ends the step and its task',
    ),
  },
];
