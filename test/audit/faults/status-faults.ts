import { at } from '../sound-state.ts';
import { step, task, type Fault } from './fault.ts';

/** Faults in statuses and results. */
export const STATUS_FAULTS: readonly Fault[] = [
  {
    law: 'parents-first',
    what: 'a step runs beside its parent',
    sql: step(2, 3, `status = 'in_progress', worker_id = 1, attempts = 1, started_at = now()`),
  },
  {
    law: 'parents-first',
    what: 'a step started a second before its parent was complete',
    sql: step(1, 0, `completed_at = ${at(3)}`),
  },
  {
    law: 'open-tasks',
    what: 'an open task is missing among the open ones',
    sql: (t) => `delete from ${t.open_tasks} where task_id = 5`,
  },
  {
    law: 'open-tasks',
    what: 'a complete task is still among the open ones',
    sql: (t) => `insert into ${t.open_tasks} values (1)`,
  },
  {
    law: 'open-tasks',
    what: 'an open task does not exist',
    sql: (t) => `insert into ${t.open_tasks} values (999)`,
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a complete task has a pending step',
    shows: 'complete, but a step is not',
    sql: step(1, 3, `status = 'pending', attempts = 0, results = null`),
  },
  {
    law: 'task-agrees-with-steps',
    what: 'every step is done but the task is open',
    shows: 'every step is done',
    sql: task(1, `status = 'in_progress', settled_at = null`),
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a task is in error without an exhausted step',
    shows: 'no step is exhausted',
    sql: step(3, 1, `status = 'pending'`),
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a step of a failed task runs',
    shows: 'settled, but a step is running',
    sql: step(3, 2, `status = 'in_progress', worker_id = 1`),
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a step of a failed task is queued',
    shows: 'settled, but a step is queued',
    sql: (t) => `insert into ${t.ready_steps} values (3, now(), 3, 1, 0, true, 'default')`,
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a step of a cancelled task is pending',
    shows: 'closed, but a step',
    sql: step(4, 3, `status = 'pending'`),
  },
  {
    law: 'task-agrees-with-steps',
    what: 'a task has not started but a step runs',
    shows: 'not started, but',
    sql: step(5, 0, `status = 'in_progress', worker_id = 1, attempts = 1, started_at = now()`),
  },
  {
    law: 'failure-is-noticed',
    what: 'a running step lacks the mark',
    sql: step(10, 2, 'settles = false'),
  },
  {
    law: 'failure-is-noticed',
    what: 'a queued step lacks the mark beside a cancelled one',
    sql: step(2, 1, `status = 'cancelled', worker_id = null`),
  },
  { law: 'one-success', what: 'a step is complete without a run', sql: step(1, 0, 'attempts = 0') },
  {
    law: 'one-success',
    what: 'a step is complete without a time',
    sql: step(1, 0, 'completed_at = null'),
  },
  {
    law: 'one-success',
    what: 'a step resolved by hand has no time',
    sql: step(6, 1, 'completed_at = null'),
  },
  { law: 'one-success', what: 'a failed step has a result', sql: step(3, 1, `results = '1'`) },
  {
    law: 'results-present-and-bounded',
    what: 'a complete step has no result',
    shows: 'missing',
    sql: step(1, 0, 'results = null'),
  },
  {
    law: 'results-present-and-bounded',
    what: 'a result is a byte too large',
    shows: 'a value of 1048577 bytes',
    sql: step(1, 0, `results = to_jsonb(repeat('a', 1048575))`),
  },
  {
    law: 'results-present-and-bounded',
    what: 'the inputs are too large',
    shows: 'a value of 1048577 bytes',
    sql: step(5, 0, `inputs = to_jsonb(repeat('a', 1048575))`),
  },
];
