import { at } from '../sound-state.ts';
import { attempt, logged, step, task, type Fault } from './fault.ts';

/** Faults in times. */
export const TIME_FAULTS: readonly Fault[] = [
  {
    law: 'nothing-starts-after-the-end',
    what: 'a step started after its task was cancelled',
    sql: attempt('task_id = 4', `started_at = ${at(60)}, finished_at = ${at(61)}`),
  },
  {
    law: 'nothing-starts-after-the-end',
    what: 'a step started after it was cancelled',
    sql: logged(`2, 1, ${at(-30)}, 'cancel', 'ann', '', 'pending', 'cancelled'`),
  },
  {
    law: 'times-in-order',
    what: 'a task started before it was created',
    shows: 'the task was started',
    sql: task(1, `started_at = ${at(-5)}`),
  },
  {
    law: 'times-in-order',
    what: 'a step started before its task was created',
    shows: 'the step started before',
    sql: step(1, 0, `started_at = ${at(-5)}`),
  },
  {
    law: 'times-in-order',
    what: 'a step ended before it started',
    shows: 'the step ended before',
    sql: step(1, 0, `started_at = ${at(2.5)}`),
  },
  {
    law: 'times-in-order',
    what: 'a step ended after its task',
    shows: 'the step ended after',
    sql: step(1, 3, `completed_at = ${at(60)}`),
  },
  {
    law: 'times-in-order',
    what: 'an attempt ended before it started',
    shows: 'attempt 1 ended before',
    sql: (t) =>
      `alter table ${t.step_attempts} drop constraint step_attempts_times; ${attempt('task_id = 4', `finished_at = ${at(1)}`)(t)}`,
  },
  {
    law: 'nothing-from-the-future',
    what: 'a task',
    shows: '"what":"task"',
    sql: task(5, `created_at = now() + interval '1 minute'`),
  },
  {
    law: 'nothing-from-the-future',
    what: 'a step',
    shows: '"what":"step"',
    sql: step(2, 1, `started_at = now() + interval '1 minute'`),
  },
  {
    law: 'nothing-from-the-future',
    what: 'an attempt',
    shows: '"what":"attempt"',
    sql: attempt('task_id = 4', `finished_at = now() + interval '1 minute'`),
  },
  {
    law: 'nothing-from-the-future',
    what: 'an operator',
    shows: '"what":"operator log"',
    sql: logged(`1, null, now() + interval '1 minute', 'edit', 'ann', '', null, null`),
  },
  {
    law: 'nothing-from-the-future',
    what: 'a worker',
    shows: '"what":"worker 1"',
    sql: (t) =>
      `update ${t.workers} set heartbeat_at = now() + interval '1 minute' where worker_id = 1`,
  },
];
