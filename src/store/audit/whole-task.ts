import { type Law, SINCE } from './law.ts';

/** A task has exactly the steps of the definition that it was born with. */
export const wholeTask: Law = {
  id: 'whole-task',
  title: 'A task has exactly the steps of the definition that it was born with',
  explain:
    'A step is missing or too many: the task was stored in part, or its rows were changed by hand.',
  sql: (t) => `
    select task.task_id, n.position, n.name, 'missing' as problem
      from ${t.tasks} as task
      join ${t.named_steps} as n on n.definition_id = task.definition_id
      left join ${t.workflow_steps} as s on s.task_id = task.task_id and s.position = n.position
     where task.task_id >= ${SINCE} and s.task_id is null
     union all
    select s.task_id, s.position, null, 'not in the definition'
      from ${t.workflow_steps} as s
      join ${t.tasks} as task on task.task_id = s.task_id
      left join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
     where s.task_id >= ${SINCE} and n.position is null`,
};
