import { type Law, SATISFIED, SINCE } from './law.ts';

/** waiting_on counts the parents that do not satisfy the step yet. */
export const waitingCount: Law = {
  id: 'waiting-count',
  title: 'waiting_on counts the parents that do not satisfy the step yet',
  explain: 'Too high, and the step never starts; too low, and it starts before its input exists.',
  sql: (t) => `
    select s.task_id, s.position, s.status::text as status, s.waiting_on, open.parents as unsatisfied_parents
      from ${t.workflow_steps} as s
      join ${t.tasks} as task on task.task_id = s.task_id
      join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
     cross join lateral (
             select count(*)::int as parents
               from ${t.workflow_steps} as parent
              where parent.task_id = s.task_id
                and parent.position = any (n.parents)
                and parent.status not in ${SATISFIED}
           ) as open
     where s.task_id >= ${SINCE}
       and s.status in ('pending', 'in_progress', 'error')
       and s.waiting_on <> open.parents`,
};
