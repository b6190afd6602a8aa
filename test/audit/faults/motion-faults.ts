import { queueRow, step, type Fault } from './fault.ts';

/** Faults in what keeps tasks moving: queue, leases, width. */
export const MOTION_FAULTS: readonly Fault[] = [
  { law: 'no-zombie-lease', what: 'the holder is unknown', sql: step(2, 1, 'worker_id = 99') },
  { law: 'no-zombie-lease', what: 'the holder has stopped', sql: step(2, 1, 'worker_id = 2') },
  { law: 'no-zombie-lease', what: 'the holder is lost', sql: step(2, 1, 'worker_id = 3') },
  {
    law: 'no-zombie-lease',
    what: 'the lease of the holder has lapsed',
    sql: (t) =>
      `update ${t.workers} set lease_expires_at = now() - interval '16 seconds' where worker_id = 1`,
  },
  {
    law: 'no-starved-step',
    what: 'a step waits beside an idle worker',
    sql: queueRow(`ready_at = now() - interval '31 seconds'`),
  },
  {
    law: 'no-dead-end',
    what: 'nothing of an open task is queued',
    sql: (t) => `delete from ${t.ready_steps} where task_id = 5`,
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the queue names no step',
    shows: 'no such step',
    sql: (t) => `insert into ${t.ready_steps} values (5, now(), 9, 1, 0, true, 'default')`,
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the queue names a complete step',
    shows: 'the step is complete',
    sql: (t) => `insert into ${t.ready_steps} values (2, now(), 0, 1, 0, true, 'default')`,
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the queue names a step that waits for its parents',
    shows: 'waits for 1 parents',
    sql: (t) => `insert into ${t.ready_steps} values (5, now(), 1, 1, 0, true, 'default')`,
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the definition is wrong',
    shows: 'another definition',
    sql: queueRow('definition_id = 2'),
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the queue is wrong',
    shows: 'queue other instead of default',
    sql: queueRow(`queue = 'other'`),
  },
  {
    law: 'queue-row-is-runnable',
    what: 'the rank is wrong',
    shows: 'its rank',
    sql: queueRow('rank = 5'),
  },
  {
    law: 'queue-row-is-runnable',
    what: 'a row is due before its time',
    shows: 'due before its time',
    sql: (t) => `update ${t.ready_steps} set due = true where task_id = 2`,
  },
  {
    law: 'runnable-step-is-queued',
    what: 'a step is in no queue',
    sql: (t) => `delete from ${t.ready_steps} where task_id = 5`,
  },
  {
    law: 'runnable-step-is-queued',
    what: 'every step of a narrow task is held back',
    sql: step(7, 0, `status = 'pending', worker_id = null, attempts = 0, started_at = null`),
  },
  {
    law: 'width-respected',
    what: 'two steps of a task of width 1 run',
    sql: step(7, 1, `status = 'in_progress', worker_id = 1, attempts = 1, started_at = now()`),
  },
];
