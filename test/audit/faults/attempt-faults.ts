import { at } from '../sound-state.ts';
import { attempt, step, template, type Fault } from './fault.ts';

/** Faults in the history of attempts. */
export const ATTEMPT_FAULTS: readonly Fault[] = [
  { law: 'attempts-dense', what: 'a run was counted twice', sql: step(2, 1, 'attempts = 2') },
  { law: 'attempts-dense', what: 'a failed run is not on record', sql: step(5, 0, 'attempts = 1') },
  {
    law: 'attempts-dense',
    what: 'the history has a gap',
    sql: attempt('task_id = 3 and attempt = 2', 'attempt = 9'),
  },
  {
    law: 'attempts-bounded',
    what: 'a step had an attempt too many',
    sql: template(1, 'retry_limit = 2'),
  },
  {
    law: 'attempts-bounded',
    what: 'a step went beyond what an operator allowed',
    sql: step(9, 1, 'attempts = 7'),
  },
  { law: 'fencing', what: 'a token was used before', sql: step(1, 1, 'attempts = 1') },
  {
    law: 'fencing',
    what: 'a past attempt is newer than the step',
    sql: step(3, 1, 'attempts = 2'),
  },
  {
    law: 'fencing',
    what: 'a step started before the worker that holds it existed',
    shows: 'before worker 1 existed',
    sql: (t) => `update ${t.workers} set started_at = ${at(30)} where worker_id = 1`,
  },
  {
    law: 'no-overlap',
    what: 'a retry began before the failure',
    sql: attempt('task_id = 1', `finished_at = ${at(6.5)}`),
  },
  {
    law: 'no-overlap',
    what: 'two past attempts overlap',
    sql: attempt('task_id = 3 and attempt = 1', `finished_at = ${at(5.5)}, retry_at = ${at(2)}`),
  },
  {
    law: 'backoff-respected',
    what: 'a retry began too early',
    sql: attempt('task_id = 1', `retry_at = ${at(6.1)}`),
  },
  {
    law: 'backoff-respected',
    what: 'an exhausted step ran again',
    sql: attempt('task_id = 3 and attempt = 2', 'retry_at = null'),
  },
];
