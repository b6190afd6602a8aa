import { alone, onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const OPERATORS = 'src/store/steps/operator-moves.ts';
const OUTCOME = 'src/model/outcome.ts';

/** Settling, and what operators do. */
export const DECIDING: readonly Mutant[] = [
  {
    name: 'settle: without the lock of the task',
    file: 'src/engine/settle.ts',
    find: 'await parts.store.lockTasks(tx, taskIds);',
    replace: '',
    killedBy: onPostgres(
      'race/complete',
      'its step is retried: a settling that waits for that finds that the task goes on',
    ),
  },
  {
    name: 'verbs: without the lock of the task',
    file: 'src/engine/parts.ts',
    find: 'await parts.store.lockTasks(tx, [taskId]);',
    replace: '',
    killedBy: onPostgres(
      'race/complete',
      'the task settles in error: a retry waits for that, and then revives the task',
    ),
  },
  {
    name: 'settle: steps that run do not count',
    file: OUTCOME,
    find: 'if (remains.running > 0 || remains.queued > 0)',
    replace: 'if (remains.queued > 0)',
    killedBy: alone('src/model/outcome', 'a task goes on while a step runs beside a failed one'),
  },
  {
    name: 'settle: steps that are queued do not count',
    file: OUTCOME,
    find: 'if (remains.running > 0 || remains.queued > 0)',
    replace: 'if (remains.running > 0)',
    killedBy: alone(
      'src/model/outcome',
      'a task goes on while a step is queued, or waits for its retry, beside a failed one',
    ),
  },
  {
    name: 'settle: a task is complete although a step failed',
    file: OUTCOME,
    find: `if (remains.exhausted > 0) return 'error'`,
    replace: `if (remains.exhausted > 0) return 'complete'`,
    killedBy: alone(
      'src/model/outcome',
      'once nothing moves, a failed step decides, before cancelled ones and before the leaves',
    ),
  },
  {
    name: 'settle: a cancelled branch leaves the task open',
    file: OUTCOME,
    find: `remains.cancelled > 0 ? 'cancelled' : null`,
    replace: 'null',
    killedBy: alone(
      'src/model/outcome',
      'a task without a leaf left is complete, one with cancelled steps otherwise is cancelled',
    ),
  },
  {
    name: 'settle: a lane too many',
    file: 'src/engine/settle.ts',
    find: 'definition.width - state.running - state.queued',
    replace: 'definition.width + 1 - state.running - state.queued',
    killedBy: onPostgres(
      'engine/parallel',
      'never runs more steps of one task than its width, and loses none (row 8)',
    ),
  },
  {
    name: 'settle: a step that waits for its retry gives its lane away',
    file: 'src/engine/settle.ts',
    find: 'definition.width - state.running - state.queued',
    replace: 'definition.width - state.running',
    killedBy: onPostgres(
      'engine/parallel',
      'keeps a lane of the width for a step that waits for its retry (rows 8, 10)',
    ),
  },
  {
    name: 'move: from any status',
    file: 'src/store/tasks/settle-task.ts',
    find: 'where task_id = $1 and status::text = any ($2::text[])',
    replace: 'where task_id = $1 and $2::text[] is not null',
    killedBy: onPostgres(
      'race/complete',
      'an operator cancels: a completion that came first stands, and the cancellation is refused',
    ),
  },
  {
    name: 'open tasks: one that a verb has closed stays',
    file: 'src/store/tasks/settle-task.ts',
    find: `and $3 not in ('pending', 'in_progress')`,
    replace: 'and false',
    killedBy: onPostgres(
      'race/claim',
      'an operator cancels the task: a claim that came first is cancelled with it',
    ),
  },
  {
    name: 'open tasks: one that goes on again is missing',
    file: 'src/store/tasks/settle-task.ts',
    find: `from moved where $3 in ('pending', 'in_progress')`,
    replace: 'from moved where false',
    killedBy: onPostgres(
      'race/complete',
      'the task settles in error: a retry waits for that, and then revives the task',
    ),
  },
  {
    name: 'cancel: the row stays in the queue',
    file: OPERATORS,
    find: `and s.position = r.position and s.status = 'cancelled'`,
    replace: 'and s.position = r.position and false',
    killedBy: onPostgres(
      'race/claim',
      'an operator cancels a child that enters the queue: it leaves the queue again',
    ),
  },
  {
    name: 'cancel: steps in progress go on',
    file: OPERATORS,
    find: `where task_id = $1 and status in ('pending', 'in_progress', 'error') and ($2::int[] is null`,
    replace: `where task_id = $1 and status in ('pending', 'error') and ($2::int[] is null`,
    killedBy: onPostgres(
      'race/claim',
      'an operator cancels the task: a claim that came first is cancelled with it',
    ),
  },
  {
    name: 'cancel: what is being written is not waited for',
    file: OPERATORS,
    find: 'order by position for update ), cancelled as',
    replace: 'order by position ), cancelled as',
    killedBy: onPostgres(
      'race/claim',
      'an operator cancels a step that fails and shall run again: it leaves the queue again',
    ),
  },
  {
    name: 'cancel: the run that is cut off is not recorded',
    file: OPERATORS,
    find: `greatest(started_at, \${t.clock}) from before where status = 'in_progress'`,
    replace: 'greatest(started_at, ${t.clock}) from before where false',
    killedBy: onPostgres(
      'race/claim',
      'an operator cancels the task: a claim that came first is cancelled with it',
    ),
  },
  {
    name: 'cancel: what depends on the step stays',
    file: 'src/engine/operate-step.ts',
    find: '[target.position, ...descendantsOf(children, [target.position])]',
    replace: '[target.position]',
    killedBy: onPostgres(
      'engine/cancel',
      'a step cancels what depends on it, lets the rest finish, and settles the task as cancelled (row 16, B13)',
    ),
  },
  {
    name: 'resolve: the children stay locked',
    file: OPERATORS,
    find: 'as s set waiting_on = s.waiting_on - 1 from (select unnest',
    replace: 'as s set waiting_on = s.waiting_on from (select unnest',
    killedBy: onPostgres(
      'race/claim',
      'an operator resolves the step: a claim that comes second finds nothing, and then its child',
    ),
  },
  {
    name: 'resolve: although the step waits for others',
    file: OPERATORS,
    find: `status in ('pending', 'error') and waiting_on = 0`,
    replace: `status in ('pending', 'error')`,
    killedBy: onPostgres(
      'race/guards',
      'that resolves a step by hand is refused while the step waits for another',
    ),
  },
  {
    name: 'resolve: a leaf stays counted',
    file: OPERATORS,
    find: 'set leaves_left = leaves_left - 1 where task_id = $1',
    replace: 'set leaves_left = leaves_left where task_id = $1',
    killedBy: onPostgres(
      'engine/operators',
      'resolve every step by hand, from the root down to the leaf: the task completes without a run (row 17)',
    ),
  },
  {
    name: 'resolve: the step stays in the queue',
    file: OPERATORS,
    find: 'delete from ${t.ready_steps} where task_id = $1 and position = $2',
    replace: 'delete from ${t.ready_steps} where task_id = $1 and position = $2 and false',
    killedBy: onPostgres(
      'race/claim',
      'an operator resolves the step: a claim that comes second finds nothing, and then its child',
    ),
  },
  {
    name: 'retry: the step keeps its old time',
    file: OPERATORS,
    find: 'where r.task_id = $1 and r.position = a.position',
    replace: 'where r.task_id = $1 and r.position = a.position and false',
    killedBy: onPostgres(
      'race/guards',
      'that retries a step lets it be claimed at once, although its time is an hour away',
    ),
  },
  {
    name: 'retry: no attempts ahead',
    file: 'src/engine/revive.ts',
    find: 'retryLimit: step.attempts + (pinned.definition.steps[step.position]?.retryLimit ?? 1)',
    replace: 'retryLimit: step.attempts',
    killedBy: onPostgres(
      'engine/operators',
      'retry a failed task from its failed steps, and finished work is not done again (row 17)',
    ),
  },
  {
    name: 'history: rows may be changed',
    file: 'src/store/migrations.generated.ts',
    find: 'create trigger step_attempts_append_only before update or delete on',
    replace: 'create trigger step_attempts_append_only before update of task_id or delete on',
    killedBy: onPostgres(
      'engine/append-only',
      'of attempts and of operators cannot be changed or deleted, not even with SQL',
    ),
  },
];
