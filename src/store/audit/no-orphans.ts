import { type Law, SINCE } from './law.ts';

/** Every row belongs to something that exists. */
export const noOrphans: Law = {
  id: 'no-orphans',
  title: 'Every row belongs to something that exists',
  explain:
    'The hot tables have no foreign keys: this law stands in for them. An orphan is left over from a task that was not stored, or not removed, as a whole.',
  sql: (t) => `
    select task.task_id, null::int as position, 'task without definition' as problem
      from ${t.tasks} as task
     where task.task_id >= ${SINCE}
       and not exists (select from ${t.task_definitions} as d where d.definition_id = task.definition_id)
     union all
    select s.task_id, s.position, 'step without task'
      from ${t.workflow_steps} as s
     where s.task_id >= ${SINCE} and not exists (select from ${t.tasks} as task where task.task_id = s.task_id)
     union all
    select a.task_id, a.position, 'attempt without step'
      from ${t.step_attempts} as a
     where a.task_id >= ${SINCE}
       and not exists (select from ${t.workflow_steps} as s where s.task_id = a.task_id and s.position = a.position)
     union all
    select l.task_id, l.position, 'operator action without task or step'
      from ${t.operator_log} as l
     where l.task_id >= ${SINCE}
       and case when l.position is null then not exists (select from ${t.tasks} as task where task.task_id = l.task_id)
                else not exists (select from ${t.workflow_steps} as s where s.task_id = l.task_id and s.position = l.position) end
     union all
    select i.task_id, null, 'identity without task'
      from ${t.task_identities} as i
     where i.task_id >= ${SINCE} and not exists (select from ${t.tasks} as task where task.task_id = i.task_id)
     union all
    select a.task_id, nullif(a.position, -1), 'annotation without task or step'
      from ${t.task_annotations} as a
     where a.task_id >= ${SINCE}
       and case when a.position = -1 then not exists (select from ${t.tasks} as task where task.task_id = a.task_id)
                else not exists (select from ${t.workflow_steps} as s where s.task_id = a.task_id and s.position = a.position) end`,
};
