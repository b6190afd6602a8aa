import type { Tables } from '../../src/store/tables.ts';

/**
 * Statements that store one task of every kind that a healthy database may hold, by hand. Tasks by id:
 *
 *    1 complete, with one retry on the way      6 complete, one step bypassed and one resolved by hand
 *    2 running; a step waits for its retry      7 running with width 1; two steps are held back
 *    3 in error                                 8 resolved by hand
 *    4 cancelled                                9 running; an operator gave a step more attempts
 *    5 not started                             10 running, although a step has failed for good
 *
 * Definition 1 is a diamond (0, then 1 and 2, then 3; step 2 may be bypassed); definition 2 has three steps side by side.
 * Worker 1 is alive, worker 2 has stopped, worker 3 is lost. `at(seconds)` counts from ten minutes ago.
 */
export function soundState(t: Tables): string {
  return `${definitions(t)}\n${workers(t)}\n${tasks(t)}\n${steps(t)}\n${history(t)}\n${extras(t)}`;
}

/** A time, in seconds after the start of the story, ten minutes ago. */
export function at(seconds: number): string {
  return `(now() - interval '10 minutes' + interval '${seconds} seconds')`;
}

function definitions(t: Tables): string {
  const document = (width: number | null, names: readonly string[]): string =>
    `'${JSON.stringify({ width, steps: names.map((name) => ({ name })) })}'`;
  return `
insert into ${t.task_definitions} (namespace, name, version, content_hash, document) values
  ('shop', 'checkout', '1.0.0', 'a', ${document(null, ['cart', 'price', 'stock', 'ship'])}),
  ('shop', 'report', '1.0.0', 'b', ${document(1, ['east', 'west', 'north'])});
insert into ${t.named_steps}
  (definition_id, position, name, description, dependent_system, kind, queue, retryable, retry_limit, skippable, parents, children) values
  (1, 0, 'cart', '', 'shop', 'function', 'default', true, 3, false, '{}', '{1,2}'),
  (1, 1, 'price', '', 'shop', 'function', 'default', true, 3, false, '{0}', '{3}'),
  (1, 2, 'stock', '', 'shop', 'function', 'default', true, 3, true, '{0}', '{3}'),
  (1, 3, 'ship', '', 'shop', 'function', 'default', true, 3, false, '{1,2}', '{}'),
  (2, 0, 'east', '', 'shop', 'function', 'default', true, 3, false, '{}', '{}'),
  (2, 1, 'west', '', 'shop', 'function', 'default', true, 3, false, '{}', '{}'),
  (2, 2, 'north', '', 'shop', 'function', 'default', true, 3, false, '{}', '{}');`;
}

function workers(t: Tables): string {
  return `
insert into ${t.workers}
  (name, hostname, pid, version, queues, slots, started_at, heartbeat_at, lease_expires_at, stopped_at, lost_at) values
  ('alive', 'a', 1, '1', '{default}', 20, ${at(-60)}, now(), now() + interval '15 seconds', null, null),
  ('gone', 'a', 2, '1', '{default}', 20, ${at(-60)}, ${at(60)}, ${at(75)}, ${at(60)}, null),
  ('lost', 'b', 3, '1', '{default}', 20, ${at(-60)}, ${at(60)}, ${at(75)}, null, ${at(90)});`;
}

function tasks(t: Tables): string {
  return `
insert into ${t.tasks} (created_at, requested_at, started_at, settled_at, failed_at, definition_id, status, leaves_left,
                        initiator, reason, source_system, idempotency_key, bypass_steps, context) values
  (${at(0)}, ${at(0)}, ${at(1)}, ${at(9)}, null, 1, 'complete', 0, 'i', 'r', 's', 'first', '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, null, null, 1, 'in_progress', 1, 'i', 'r', 's', 'second', '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, ${at(20)}, ${at(20)}, 1, 'error', 1, 'i', 'r', 's', null, '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, ${at(5)}, ${at(5)}, 1, 'cancelled', 1, 'i', 'r', 's', null, '{}', '{}'),
  (${at(599)}, ${at(599)}, null, null, null, 1, 'pending', 1, 'i', 'r', 's', null, '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, ${at(9)}, null, 1, 'complete', 0, 'i', 'r', 's', null, '{stock}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, null, null, 2, 'in_progress', 3, 'i', 'r', 's', null, '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, ${at(30)}, ${at(30)}, 1, 'resolved_manually', 1, 'i', 'r', 's', null, '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, null, null, 1, 'in_progress', 1, 'i', 'r', 's', null, '{}', '{}'),
  (${at(0)}, ${at(0)}, ${at(1)}, null, null, 1, 'in_progress', 1, 'i', 'r', 's', null, '{}', '{}');
insert into ${t.open_tasks} (task_id) select task_id from ${t.tasks} where settled_at is null;`;
}

function steps(t: Tables): string {
  const done = (task: number, position: number, started: number): string =>
    `(${task}, ${position}, null, ${at(started)}, ${at(started + 1)}, 'complete', 0, 1, false, 'null')`;
  const failed = `'error', 0, 3`;
  return `
insert into ${t.workflow_steps} (task_id, position, worker_id, started_at, completed_at, status, waiting_on, attempts, settles, results) values
  ${done(1, 0, 1)}, ${done(1, 2, 2)}, ${done(1, 3, 8)},
  (1, 1, null, ${at(6)}, ${at(7)}, 'complete', 0, 2, false, '{"price": 1}'),
  ${done(2, 0, 1)},
  (2, 1, 1, ${at(2)}, null, 'in_progress', 0, 1, false, null),
  (2, 2, null, ${at(2)}, null, 'error', 0, 1, false, null),
  (2, 3, null, null, null, 'pending', 2, 0, false, null),
  ${done(3, 0, 1)}, ${done(3, 2, 2)},
  (3, 1, null, ${at(8)}, null, ${failed}, true, null),
  (3, 3, null, null, null, 'pending', 1, 0, true, null),
  ${done(4, 0, 1)},
  (4, 1, null, ${at(2)}, ${at(5)}, 'cancelled', 0, 1, true, null),
  (4, 2, null, null, ${at(5)}, 'cancelled', 0, 0, true, null),
  (4, 3, null, null, ${at(5)}, 'cancelled', 2, 0, true, null),
  (5, 0, null, null, null, 'pending', 0, 0, false, null), (5, 1, null, null, null, 'pending', 1, 0, false, null),
  (5, 2, null, null, null, 'pending', 1, 0, false, null), (5, 3, null, null, null, 'pending', 2, 0, false, null),
  ${done(6, 0, 1)}, ${done(6, 3, 5)},
  (6, 1, null, null, ${at(4)}, 'resolved_manually', 0, 0, false, '7'),
  (6, 2, null, null, null, 'skipped', 1, 0, false, null),
  (7, 0, 1, ${at(1)}, null, 'in_progress', 0, 1, false, null),
  (7, 1, null, null, null, 'pending', 0, 0, false, null), (7, 2, null, null, null, 'pending', 0, 0, false, null),
  ${done(8, 0, 1)}, ${done(8, 2, 2)},
  (8, 1, null, ${at(8)}, ${at(30)}, 'cancelled', 0, 3, true, null),
  (8, 3, null, null, ${at(30)}, 'cancelled', 1, 0, true, null),
  ${done(9, 0, 1)}, ${done(9, 2, 2)},
  (9, 1, 1, ${at(40)}, null, 'in_progress', 0, 4, false, null), (9, 3, null, null, null, 'pending', 1, 0, false, null),
  ${done(10, 0, 1)},
  (10, 1, null, ${at(8)}, null, ${failed}, true, null),
  (10, 2, 1, ${at(20)}, null, 'in_progress', 0, 1, true, null), (10, 3, null, null, null, 'pending', 2, 0, true, null);
insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due) values
  (2, 2, 1, 0, 'default', now() + interval '1 minute', false),
  (5, 0, 1, 0, 'default', ${at(599)}, true);`;
}

function history(t: Tables): string {
  const exhausted = (task: number): string => `
  (${task}, 1, 1, 1, 'error', ${at(2)}, ${at(3)}, ${at(4)}), (${task}, 1, 2, 1, 'timeout', ${at(5)}, ${at(6)}, ${at(7)}),
  (${task}, 1, 3, 3, 'lost', ${at(8)}, ${at(20)}, null)`;
  return `
insert into ${t.step_attempts} (task_id, position, attempt, worker_id, outcome, started_at, finished_at, retry_at) values
  (1, 1, 1, 1, 'error', ${at(2)}, ${at(3)}, ${at(5)}),
  (2, 2, 1, 1, 'error', ${at(2)}, ${at(3)}, now() + interval '1 minute'),
  (4, 1, 1, 1, 'cancelled', ${at(2)}, ${at(5)}, null),
  ${[3, 8, 9, 10].map(exhausted).join(',')};
insert into ${t.operator_log} (task_id, position, created_at, action, actor, reason, from_status, to_status, attempts) values
  (4, null, ${at(5)}, 'cancel', 'ann', '', 'in_progress', 'cancelled', null),
  (6, 1, ${at(4)}, 'resolve', 'ann', '', 'pending', 'resolved_manually', 0),
  (8, null, ${at(30)}, 'resolve', 'ann', '', 'error', 'resolved_manually', null),
  (9, 1, ${at(39)}, 'retry', 'ann', '', 'error', 'error', 3);`;
}

function extras(t: Tables): string {
  return `
insert into ${t.task_identities} (identity_key, task_id, requested_at) values ('\\x01', 1, ${at(0)}), ('\\x02', 2, ${at(0)});
insert into ${t.annotation_types} (name) values ('note');
insert into ${t.task_annotations} (task_id, position, annotation_type_id, annotation, created_at) values
  (1, -1, 1, '{}', ${at(1)}), (1, 0, 1, '{}', ${at(1)});
insert into ${t.dependent_systems} (name) values ('shop'), ('bank');
insert into ${t.dependent_system_object_maps} (system_one_id, remote_id_one, system_two_id, remote_id_two, created_at) values
  (1, 'order-1', 2, 'payment-1', ${at(1)});`;
}
