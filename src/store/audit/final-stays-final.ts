import { type Law, SINCE } from './law.ts';

/** What an operator ended stays ended, and what was resolved by hand names who did it. */
export const finalStaysFinal: Law = {
  id: 'final-stays-final',
  title: 'What an operator ended stays ended, and what was resolved by hand names who did it',
  explain:
    'A step or task that was cancelled or resolved has another status now, or was resolved without an entry in the log.',
  sql: (t) => `
    select l.task_id, l.position, l.to_status as put_to, s.status::text as status
      from ${t.operator_log} as l
      join ${t.workflow_steps} as s on s.task_id = l.task_id and s.position = l.position
     where l.task_id >= ${SINCE}
       and l.to_status in ('cancelled', 'resolved_manually')
       and l.to_status <> s.status::text
     union all
    select l.task_id, null, l.to_status, task.status::text
      from ${t.operator_log} as l
      join ${t.tasks} as task on task.task_id = l.task_id
     where l.task_id >= ${SINCE}
       and l.position is null
       and l.to_status in ('cancelled', 'resolved_manually', 'complete')
       and l.to_status <> task.status::text
     union all
    select s.task_id, s.position, null, s.status::text
      from ${t.workflow_steps} as s
     where s.task_id >= ${SINCE}
       and s.status = 'resolved_manually'
       and not exists (select
                         from ${t.operator_log} as l
                        where l.task_id = s.task_id and l.position = s.position and l.to_status = 'resolved_manually')
     union all
    select task.task_id, null, null, task.status::text
      from ${t.tasks} as task
     where task.task_id >= ${SINCE}
       and task.status = 'resolved_manually'
       and not exists (select
                         from ${t.operator_log} as l
                        where l.task_id = task.task_id and l.position is null and l.to_status = 'resolved_manually')`,
};
