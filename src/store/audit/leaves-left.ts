import { type Law, SATISFIED, SINCE } from './law.ts';

/** leaves_left counts the steps that are not done and that no other step waits for. */
export const leavesLeft: Law = {
  id: 'leaves-left',
  title: 'leaves_left counts the steps that are not done and that no other step waits for',
  explain:
    'The counter decides when a task is complete: too high, and the task never ends; too low, and it ends early.',
  sql: (t) => `
    select task.task_id, task.status::text as status, task.leaves_left, count(s.task_id)::int as leaves_not_done
      from ${t.tasks} as task
      left join (${t.workflow_steps} as s join ${t.tasks} as own on own.task_id = s.task_id
                 join ${t.named_steps} as n on n.definition_id = own.definition_id and n.position = s.position)
        on s.task_id = task.task_id
       and s.status not in ${SATISFIED}
       and (n.children = '{}'
            or own.bypass_steps <> '{}'
           and not exists (select
                             from ${t.workflow_steps} as child
                            where child.task_id = s.task_id
                              and child.position = any (n.children)
                              and child.status <> 'skipped'))
     where task.task_id >= ${SINCE}
     group by task.task_id, task.status, task.leaves_left
    having count(s.task_id) <> task.leaves_left`,
};
