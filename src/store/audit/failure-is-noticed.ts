import { type Law, SINCE } from './law.ts';

/** Once a step has failed for good, whoever finishes another one asks whether the task is over. */
export const failureIsNoticed: Law = {
  id: 'failure-is-noticed',
  title:
    'Once a step has failed for good, whoever finishes another one asks whether the task is over',
  explain:
    'A step that still runs or waits does not carry the mark that makes its end settle the task, so the task would stay open for ever.',
  sql: (t) => `
    select s.task_id, s.position, s.status::text as status
      from ${t.tasks} as task
      join ${t.workflow_steps} as s on s.task_id = task.task_id
      left join ${t.ready_steps} as q on q.task_id = s.task_id and q.position = s.position
     where task.settled_at is null
       and task.task_id >= ${SINCE}
       and (s.status = 'in_progress' or q.task_id is not null)
       and not s.settles
       and exists (select
                     from ${t.workflow_steps} as failed
                     left join ${t.ready_steps} as r on r.task_id = failed.task_id and r.position = failed.position
                    where failed.task_id = task.task_id
                      and (failed.status = 'cancelled' or (failed.status = 'error' and r.task_id is null)))`,
};
