import { logged, step, task, type Fault } from './fault.ts';

/** Faults in the shape of tasks: their rows and counters. */
export const SHAPE_FAULTS: readonly Fault[] = [
  {
    law: 'no-orphans',
    what: 'a task lost its definition',
    shows: 'task without definition',
    sql: task(5, 'definition_id = 99'),
  },
  {
    law: 'no-orphans',
    what: 'a step lost its task',
    shows: 'step without task',
    sql: (t) => `delete from ${t.tasks} where task_id = 4`,
  },
  {
    law: 'no-orphans',
    what: 'an attempt lost its step',
    shows: 'attempt without step',
    sql: (t) => `delete from ${t.workflow_steps} where (task_id, position) = (3, 1)`,
  },
  {
    law: 'no-orphans',
    what: 'the log names no task',
    shows: 'operator action without',
    sql: logged(`99, null, now(), 'x', 'a', '', null, null`),
  },
  {
    law: 'no-orphans',
    what: 'an identity names no task',
    shows: 'identity without task',
    sql: (t) => `update ${t.task_identities} set task_id = 99 where task_id = 1`,
  },
  {
    law: 'no-orphans',
    what: 'an annotation names no step',
    shows: 'annotation without',
    sql: (t) => `update ${t.task_annotations} set position = 9 where position = 0`,
  },
  {
    law: 'whole-task',
    what: 'a step is missing',
    shows: 'missing',
    sql: (t) => `delete from ${t.workflow_steps} where (task_id, position) = (5, 3)`,
  },
  {
    law: 'whole-task',
    what: 'a step is too many',
    shows: 'not in the definition',
    sql: (t) => `insert into ${t.workflow_steps} (task_id, position, waiting_on) values (5, 4, 1)`,
  },
  {
    law: 'bypass-honoured',
    what: 'a step was skipped unasked',
    sql: step(5, 2, `status = 'skipped'`),
  },
  {
    law: 'bypass-honoured',
    what: 'a bypassed step waits',
    sql: task(5, `bypass_steps = '{stock}'`),
  },
  { law: 'waiting-count', what: 'a counter is too high', sql: step(2, 3, 'waiting_on = 3') },
  { law: 'waiting-count', what: 'a counter is too low', sql: step(5, 3, 'waiting_on = 1') },
  {
    law: 'leaves-left',
    what: 'a bypassed end is still counted',
    sql: (t) => `update ${t.named_steps} set skippable = true where name = 'ship';
                 update ${t.tasks} set bypass_steps = '{ship}' where task_id = 5;
                 update ${t.workflow_steps} set status = 'skipped' where (task_id, position) = (5, 3)`,
  },
  { law: 'leaves-left', what: 'the counter is too high', sql: task(2, 'leaves_left = 2') },
  { law: 'leaves-left', what: 'the counter is too low', sql: task(3, 'leaves_left = 0') },
];
