import type { Tables } from '../../../src/store/tables.ts';

/** One way to break a law, as a change by hand to the sound state. */
export interface Fault {
  readonly law: string;
  /** What was done, as the end of a sentence. */
  readonly what: string;
  /** Text that a broken row must show, for laws that tell several problems apart. */
  readonly shows?: string;
  readonly sql: (t: Tables) => string;
}

export type Change = (t: Tables) => string;

/** Changes columns of one step. */
export const step =
  (task: number, position: number, change: string): Change =>
  (t) =>
    `update ${t.workflow_steps} set ${change} where (task_id, position) = (${task}, ${position})`;

export const task =
  (id: number, change: string): Change =>
  (t) =>
    `update ${t.tasks} set ${change} where task_id = ${id}`;

export const queueRow =
  (change: string): Change =>
  (t) =>
    `update ${t.ready_steps} set ${change} where (task_id, position) = (5, 0)`;

export const template =
  (position: number, change: string): Change =>
  (t) =>
    `update ${t.named_steps} set ${change} where (definition_id, position) = (1, ${position})`;

/** Changes past attempts, which the schema forbids to everybody who does not switch its trigger off. */
export const attempt =
  (where: string, change: string): Change =>
  (t) =>
    `alter table ${t.step_attempts} disable trigger user; update ${t.step_attempts} set ${change} where ${where}`;

export const logged =
  (values: string): Change =>
  (t) =>
    `insert into ${t.operator_log} (task_id, position, created_at, action, actor, reason, from_status, to_status) values (${values})`;
