import type { Tables } from '../../src/store/tables.ts';
import { at } from './sound-state.ts';

interface OddState {
  readonly what: string;
  readonly sql: (t: Tables) => string;
}

/** Changes to the sound state after which it is still sound, although a careless law would object. */
export const ODD_STATES: readonly OddState[] = [
  {
    what: 'the last step of a branch is bypassed, so that two others end the task',
    sql: (t) => `update ${t.named_steps} set skippable = true where name = 'ship';
                 update ${t.tasks} set bypass_steps = '{ship}', leaves_left = 2 where task_id = 5;
                 update ${t.workflow_steps} set status = 'skipped' where (task_id, position) = (5, 3)`,
  },
  {
    what: 'a task is not settled yet in the moment after its last step failed',
    sql: (
      t,
    ) => `update ${t.workflow_steps} set status = 'error', worker_id = null where (task_id, position) = (10, 2);
                 insert into ${t.step_attempts} (task_id, position, attempt, worker_id, outcome, started_at, finished_at)
                 values (10, 2, 1, 1, 'error', ${at(20)}, now())`,
  },
  {
    what: 'a narrow task has not let its next step in yet in the moment after one is complete',
    sql: (
      t,
    ) => `update ${t.workflow_steps} set status = 'complete', worker_id = null, completed_at = now(), results = '1'
                  where (task_id, position) = (7, 0);
                 update ${t.tasks} set leaves_left = 2 where task_id = 7`,
  },
  {
    what: 'a step waits while every slot of the workers is taken',
    sql: (t) => `${waitingLong(t)}; update ${t.workers} set slots = 4 where worker_id = 1`,
  },
  {
    what: 'a step waits while its queue is moving',
    sql: (t) =>
      `${waitingLong(t)}; update ${t.workflow_steps} set started_at = now() where (task_id, position) = (2, 1)`,
  },
  {
    what: 'a step waits for a worker that has only just started',
    sql: (
      t,
    ) => `${waitingLong(t)}; update ${t.workflow_steps} set started_at = now() where worker_id = 1;
                 update ${t.workers} set started_at = now() - interval '1 second' where worker_id = 1`,
  },
  {
    what: 'a step waits in a queue that nobody serves',
    sql: (t) => `${waitingLong(t)}; update ${t.workers} set queues = '{other}'`,
  },
  {
    what: 'a parent that held the lock of its child is stamped later than the child',
    sql: (
      t,
    ) => `update ${t.workflow_steps} set started_at = ${at(5)}, completed_at = ${at(9)} where (task_id, position) = (1, 3);
                 update ${t.workflow_steps} set completed_at = ${at(5)} where (task_id, position) = (1, 2)`,
  },
  {
    what: 'a step was given back before it ran',
    sql: (
      t,
    ) => `update ${t.workflow_steps} set status = 'pending', worker_id = null, attempts = 0, started_at = null
                  where (task_id, position) = (2, 1);
                 insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
                 values (2, 1, 1, 0, 'default', now(), true)`,
  },
  {
    what: 'a cancellation waited for a step that started meanwhile',
    sql: (t) => `alter table ${t.step_attempts} disable trigger user;
                 update ${t.step_attempts} set started_at = ${at(7)}, finished_at = ${at(7)} where task_id = 4`,
  },
  {
    what: 'the worker that holds a step was declared lost a moment ago',
    sql: (t) =>
      `update ${t.workers} set lost_at = now(), lease_expires_at = now() - interval '1 second' where worker_id = 1`,
  },
  {
    what: 'a result of a megabyte is written with spaces',
    sql: (t) => `update ${t.workflow_steps}
                    set results = (select jsonb_agg(1) from generate_series(1, 520000)) where (task_id, position) = (1, 0)`,
  },
];

function waitingLong(t: Tables): string {
  return `update ${t.tasks} set created_at = ${at(0)} where task_id = 5;
          update ${t.ready_steps} set ready_at = ${at(1)} where task_id = 5`;
}
