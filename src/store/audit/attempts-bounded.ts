import { type Law, SINCE } from './law.ts';

/** No step runs more often than its limit allows. */
export const attemptsBounded: Law = {
  id: 'attempts-bounded',
  title: 'No step runs more often than its limit allows',
  explain: 'A step had more attempts than its definition, or an operator, gave it.',
  sql: (t) => `
    select s.task_id, s.position, s.attempts, coalesce(s.retry_limit, n.retry_limit) as retry_limit
      from ${t.workflow_steps} as s
      join ${t.tasks} as task on task.task_id = s.task_id
      join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
     where s.task_id >= ${SINCE}
       and s.attempts > coalesce(s.retry_limit, n.retry_limit)
       -- an operator's action starts a new allowance
       and not exists (select
                         from ${t.operator_log} as l
                        where l.task_id = s.task_id
                          and (l.position = s.position or l.position is null)
                          and s.attempts - coalesce(l.attempts, 0) <= coalesce(s.retry_limit, n.retry_limit))`,
};
