import type { Tables } from '../../src/store/tables.ts';
import { at } from './sound-state.ts';

/** One way to break a law, as a change by hand to the sound state. */
export interface Fault {
  readonly law: string;
  /** What was done, as the end of a sentence. */
  readonly what: string;
  /** Text that a broken row must show, for laws that tell several problems apart. */
  readonly shows?: string;
  readonly sql: (t: Tables) => string;
}

type Change = (t: Tables) => string;

/** Changes columns of one step. */
const step =
  (task: number, position: number, change: string): Change =>
  (t) =>
    `update ${t.workflow_steps} set ${change} where (task_id, position) = (${task}, ${position})`;

const task =
  (id: number, change: string): Change =>
  (t) =>
    `update ${t.tasks} set ${change} where task_id = ${id}`;

const queueRow =
  (change: string): Change =>
  (t) =>
    `update ${t.ready_steps} set ${change} where (task_id, position) = (5, 0)`;

const template =
  (position: number, change: string): Change =>
  (t) =>
    `update ${t.named_steps} set ${change} where (definition_id, position) = (1, ${position})`;

/** Changes past attempts, which the schema forbids to everybody who does not switch its trigger off. */
const attempt =
  (where: string, change: string): Change =>
  (t) =>
    `alter table ${t.step_attempts} disable trigger user; update ${t.step_attempts} set ${change} where ${where}`;

const logged =
  (values: string): Change =>
  (t) =>
    `insert into ${t.operator_log} (task_id, position, created_at, action, actor, reason, from_status, to_status) values (${values})`;

const DEFINITION_FAULTS: readonly Fault[] = [
  {
    law: 'whole-definition',
    what: 'a step was renamed',
    shows: 'names this step differently',
    sql: template(1, `name = 'tax'`),
  },
  {
    law: 'whole-definition',
    what: 'the document has a step that was not stored',
    shows: 'another number of steps',
    sql: (t) =>
      `update ${t.task_definitions} set document = jsonb_set(document, '{steps,4}', '{"name": "mail"}') where definition_id = 1`,
  },
  {
    law: 'whole-definition',
    what: 'a parent does not know its child',
    shows: 'parent 0 does not list it',
    sql: template(0, `children = '{2}'`),
  },
  {
    law: 'whole-definition',
    what: 'a child does not know its parent',
    shows: 'child 1 does not list it',
    sql: template(1, `parents = '{}'`),
  },
  {
    law: 'acyclic-definition',
    what: 'the last step unlocks the second',
    sql: template(3, `children = '{1}'`),
  },
  {
    law: 'acyclic-definition',
    what: 'a cycle has no entrance',
    sql: (t) =>
      `update ${t.named_steps} set parents = case position when 0 then '{1}'::int[] else '{0}' end,
                                   children = case position when 0 then '{1}'::int[] else '{0}' end
        where definition_id = 2 and position < 2`,
  },
  {
    law: 'one-task-per-key',
    what: 'two tasks have one key',
    sql: task(2, `idempotency_key = 'first'`),
  },
  {
    law: 'ordered-object-maps',
    what: 'a pair is stored the wrong way round as well',
    sql: (t) => `
      alter table ${t.dependent_system_object_maps} drop constraint object_maps_ordered;
      insert into ${t.dependent_system_object_maps} (system_one_id, remote_id_one, system_two_id, remote_id_two, created_at)
      values (2, 'payment-1', 1, 'order-1', now())`,
  },
];

const SHAPE_FAULTS: readonly Fault[] = [
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
  { law: 'leaves-left', what: 'the counter is too high', sql: task(2, 'leaves_left = 2') },
  { law: 'leaves-left', what: 'the counter is too low', sql: task(3, 'leaves_left = 0') },
];

const STATUS_FAULTS: readonly Fault[] = [
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

const ATTEMPT_FAULTS: readonly Fault[] = [
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

const MOTION_FAULTS: readonly Fault[] = [
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

const TIME_FAULTS: readonly Fault[] = [
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

const OPERATOR_FAULTS: readonly Fault[] = [
  {
    law: 'legal-operator-moves',
    what: 'an operator completed a step',
    sql: logged(`1, 0, ${at(3)}, 'x', 'ann', '', 'pending', 'complete'`),
  },
  {
    law: 'legal-operator-moves',
    what: 'an operator reopened a task',
    sql: logged(`1, null, ${at(3)}, 'x', 'ann', '', 'complete', 'in_progress'`),
  },
  {
    law: 'final-stays-final',
    what: 'a cancelled step is complete',
    sql: logged(`1, 0, ${at(3)}, 'cancel', 'ann', '', 'pending', 'cancelled'`),
  },
  {
    law: 'final-stays-final',
    what: 'a cancelled task is complete',
    sql: logged(`1, null, ${at(3)}, 'cancel', 'ann', '', 'in_progress', 'cancelled'`),
  },
  {
    law: 'final-stays-final',
    what: 'nobody resolved a resolved step',
    sql: step(1, 0, `status = 'resolved_manually'`),
  },
  {
    law: 'final-stays-final',
    what: 'nobody resolved a resolved task',
    sql: task(1, `status = 'resolved_manually'`),
  },
];

/** At least one fault for every law; a law with several branches has one for each. */
export const FAULTS: readonly Fault[] = [
  ...DEFINITION_FAULTS,
  ...SHAPE_FAULTS,
  ...STATUS_FAULTS,
  ...ATTEMPT_FAULTS,
  ...MOTION_FAULTS,
  ...TIME_FAULTS,
  ...OPERATOR_FAULTS,
];
