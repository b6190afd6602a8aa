import { task, template, type Fault } from './fault.ts';

/** Faults in definitions and other things that belong to no task. */
export const DEFINITION_FAULTS: readonly Fault[] = [
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
