import { onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const ADVANCE = 'src/store/steps/advance-text.ts';
const FAIL = 'src/store/steps/fail-steps.ts';
const RETURN = 'src/store/steps/return-steps.ts';

/** What a worker writes: the fence, the counters, the history. */
export const STORING: readonly Mutant[] = [
  {
    name: 'advance: no fencing token',
    file: ADVANCE,
    find: 'and s.attempts = f.attempts and s.worker_id = $2',
    replace: 'and s.worker_id = $2',
    killedBy: onPostgres(
      'race/fence',
      'completes nothing with the token of an earlier run of its own',
    ),
  },
  {
    name: 'advance: whoever holds the step',
    file: ADVANCE,
    find: 'and s.attempts = f.attempts and s.worker_id = $2',
    replace: 'and s.attempts = f.attempts',
    killedBy: onPostgres(
      'race/fence',
      'completes, fails and gives back nothing that another worker holds',
    ),
  },
  {
    name: 'advance: whatever the status of the step',
    file: ADVANCE,
    find: `and s.worker_id = $2 and s.status = 'in_progress'`,
    replace: 'and s.worker_id = $2',
    killedBy: onPostgres('race/fence', 'counts once, however often it is sent'),
  },
  {
    name: 'advance: lost workers complete steps',
    file: ADVANCE,
    find: 'and exists (select from alive) returning s.task_id',
    replace: 'returning s.task_id',
    killedBy: onPostgres(
      'race/fence',
      'completes nothing once it was declared lost, although nobody has the step yet',
    ),
  },
  {
    name: 'advance: nobody is ever lost',
    file: ADVANCE,
    find: 'where worker_id = $2 and lost_at is null',
    replace: 'where worker_id = $2',
    killedBy: onPostgres(
      'race/fence',
      'completes nothing once it was declared lost, although nobody has the step yet',
    ),
  },
  {
    name: 'advance: one less for two parents',
    file: ADVANCE,
    find: 'set waiting_on = s.waiting_on - u.parents',
    replace: 'set waiting_on = s.waiting_on - 1',
    killedBy: onPostgres('race/fence', 'that stores both parents unlocks their child once'),
  },
  {
    name: 'advance: two less for one parent',
    file: ADVANCE,
    find: 'set waiting_on = s.waiting_on - u.parents',
    replace: 'set waiting_on = greatest(0, s.waiting_on - 2 * u.parents)',
    killedBy: onPostgres(
      'race/complete',
      'another session completes the other parent: the child is taken once',
    ),
  },
  {
    name: 'advance: a child does not wait for its other parents',
    file: ADVANCE,
    find: 's.waiting_on = u.parents and u.move = 1',
    replace: 'u.move = 1',
    times: 4,
    killedBy: onPostgres(
      'race/complete',
      'another session completes the other parent: the child is taken once',
    ),
  },
  {
    name: 'advance: a child is queued before its other parents are done',
    file: ADVANCE,
    find: 'from opened where waiting_on = 0 and move = 0',
    replace: 'from opened where move = 0',
    killedBy: onPostgres(
      'race/complete',
      'the completion of the other parent is undone: the child waits for it',
    ),
  },
  {
    name: 'advance: a child is taken and queued',
    file: ADVANCE,
    find: 'from opened where waiting_on = 0 and move = 0',
    replace: 'from opened where waiting_on = 0',
    killedBy: onPostgres(
      'race/complete',
      'another session completes the other parent: the child is taken once',
    ),
  },
  {
    name: 'advance: a child that nobody takes is not queued',
    file: ADVANCE,
    find: 'from opened where waiting_on = 0 and move = 0',
    replace: 'from opened where false',
    killedBy: onPostgres('race/fence', 'that stores both parents unlocks their child once'),
  },
  {
    name: 'advance: one leaf less for two leaves',
    file: ADVANCE,
    find: 'set leaves_left = task.leaves_left - l.leaves',
    replace: 'set leaves_left = task.leaves_left - 1',
    killedBy: onPostgres('race/fence', 'that stores the last two leaves settles their task'),
  },
  {
    name: 'advance: the first leaf completes the task',
    file: ADVANCE,
    find: `case when task.leaves_left = l.leaves then 'complete'`,
    replace: `case when true then 'complete'`,
    killedBy: onPostgres(
      'race/complete',
      'another session completes the other last leaf: the task settles once',
    ),
  },
  {
    name: 'advance: nobody asks whether a marked task is over',
    file: ADVANCE,
    find: 'from done where settles',
    replace: 'from done where false',
    killedBy: onPostgres(
      'race/complete',
      'a sibling fails for good: a completion that comes second asks whether the task is over',
    ),
  },
  {
    name: 'advance: a refused completion is not told',
    file: ADVANCE,
    find: 'where (select count(*) from done) <> (select count(*) from finished)',
    replace: 'where false',
    killedBy: onPostgres(
      'race/complete',
      'an operator cancels: a completion that comes second is refused',
    ),
  },
  {
    name: 'advance: the error of the attempt before stays',
    file: ADVANCE,
    find: 'results = f.results, error = null',
    replace: 'results = f.results',
    killedBy: onPostgres(
      'engine/faults-of-running',
      'B14 and B17 after a success neither the error nor the wait of the failure before is left',
    ),
  },
  {
    name: 'advance: notes of refused runs are stored',
    file: 'src/engine/advance.ts',
    find: '(a) => !refused.has(`${a.taskId}:${a.position}`)',
    replace: '() => true || refused',
    killedBy: onPostgres(
      'engine/notes',
      'of a failed, cancelled or late attempt are not stored (row 19, B38)',
    ),
  },
  {
    name: 'open tasks: a completed one stays',
    file: ADVANCE,
    find: `where o.task_id = l.task_id and l.status = 'complete'`,
    replace: 'where o.task_id = l.task_id and false',
    killedBy: onPostgres(
      'race/complete',
      'another session completes the other last leaf: the task settles once',
    ),
  },
  {
    name: 'fail: no fencing token',
    file: FAIL,
    find: 'and s.attempts = f.attempts and s.worker_id = f.worker_id',
    replace: 'and s.worker_id = f.worker_id',
    killedBy: onPostgres('race/fence', 'fails nothing with the token of an earlier run of its own'),
  },
  {
    name: 'fail: whoever holds the step',
    file: FAIL,
    find: 'and s.attempts = f.attempts and s.worker_id = f.worker_id',
    replace: 'and s.attempts = f.attempts',
    killedBy: onPostgres(
      'race/fence',
      'completes, fails and gives back nothing that another worker holds',
    ),
  },
  {
    name: 'fail: whatever the status of the step, also for the reaper',
    file: FAIL,
    find: `and s.worker_id = f.worker_id and s.status = 'in_progress'`,
    replace: 'and s.worker_id = f.worker_id',
    killedBy: onPostgres('race/fence', 'counts once, however often it is sent'),
  },
  {
    name: 'fail: lost workers fail steps',
    file: FAIL,
    find: 'w.worker_id = f.worker_id and w.lost_at is null',
    replace: 'w.worker_id = f.worker_id',
    killedBy: onPostgres(
      'race/fence',
      'fails nothing once it was declared lost, although nobody has the step yet',
    ),
  },
  {
    name: 'fail: one attempt more than the limit',
    file: FAIL,
    find: 's.attempts < coalesce(s.retry_limit, f.step_limit)',
    replace: 's.attempts <= coalesce(s.retry_limit, f.step_limit)',
    times: 2,
    killedBy: onPostgres(
      'engine/retry',
      'counts total attempts, and runs a step of limit 1 once (row 10, B11)',
    ),
  },
  {
    name: 'fail: the limit of an operator does not count',
    file: FAIL,
    find: 's.attempts < coalesce(s.retry_limit, f.step_limit)',
    replace: 's.attempts < f.step_limit',
    times: 2,
    killedBy: onPostgres(
      'engine/operators',
      'change the limit of a step that runs, and the run obeys it (row 17)',
    ),
  },
  {
    name: 'fail: no history',
    file: FAIL,
    find: 'retry_at, error from closed ), retries',
    replace: 'retry_at, error from closed where false), retries',
    killedBy: onPostgres(
      'engine/retry',
      'keeps errors apart from results, clears them on success, and keeps them in the history (row 12, B14)',
    ),
  },
  {
    name: 'fail: a retry is due at once',
    file: FAIL,
    find: 'retry_at, retry_ms <= 0 from closed',
    replace: 'retry_at, true from closed',
    killedBy: onPostgres(
      'engine/faults-of-running',
      'B20 and B21 a failure makes one entry in the queue, at its time, and nothing runs before',
    ),
  },
  {
    name: 'fail: a retry is not queued',
    file: FAIL,
    find: 'from closed where retry_ms is not null',
    replace: 'from closed where false',
    killedBy: onPostgres(
      'race/fence',
      'completes nothing with the token of an earlier run of its own',
    ),
  },
  {
    name: 'fail: the siblings of an exhausted step are not marked',
    file: FAIL,
    find: 'from closed where retry_ms is null) as x',
    replace: 'from closed where false) as x',
    killedBy: onPostgres(
      'race/complete',
      'a sibling fails for good: a completion that comes second asks whether the task is over',
    ),
  },
  {
    name: 'fail: an exhausted step is not settled',
    file: 'src/engine/advance.ts',
    find: 'r.retryAt === null).map((r) => r.taskId)',
    replace: 'r.retryAt === null && false).map((r) => r.taskId)',
    killedBy: onPostgres(
      'race/guards',
      'that fails a step for good ends its task by itself, without the sweep',
    ),
  },
  {
    name: 'return: no fencing token',
    file: RETURN,
    find: 'and s.attempts = g.attempts and s.worker_id = $2',
    replace: 'and s.worker_id = $2',
    killedBy: onPostgres(
      'race/fence',
      'gives nothing back with the token of an earlier run of its own',
    ),
  },
  {
    name: 'return: whoever holds the step',
    file: RETURN,
    find: 'and s.attempts = g.attempts and s.worker_id = $2',
    replace: 'and s.attempts = g.attempts and $2::bigint is not null',
    killedBy: onPostgres(
      'race/fence',
      'completes, fails and gives back nothing that another worker holds',
    ),
  },
  {
    name: 'return: the attempt that never ran stays counted',
    file: RETURN,
    find: 'attempts = s.attempts - 1',
    replace: 'attempts = s.attempts',
    killedBy: onPostgres(
      'race/fence',
      'gives a step back with its attempt, and it can be claimed at once',
    ),
  },
  {
    name: 'lost runs: an earlier token is taken for the step',
    file: 'src/store/steps/lost-runs.ts',
    find: 'or s.worker_id <> $1 or s.attempts <> r.attempts',
    replace: 'or s.worker_id <> $1',
    killedBy: onPostgres('race/fence', 'learns that a run is lost whose step it holds again'),
  },
];
