import { type Law, SATISFIED, SINCE } from './law.ts';

/** The status of a task follows from its steps. */
export const taskAgreesWithSteps: Law = {
  id: 'task-agrees-with-steps',
  title: 'The status of a task follows from its steps',
  explain:
    'Somebody reads a task as finished, failed or running that is not, or waits for one that will never settle.',
  sql: (t) => `
    with counted as (
      select s.task_id,
             count(*) as steps,
             count(*) filter (where s.status in ${SATISFIED}) as satisfied,
             count(*) filter (where s.status = 'in_progress') as running,
             count(*) filter (where s.status in ('pending', 'error')) as waiting,
             count(*) filter (where s.status = 'error' and q.task_id is null) as exhausted,
             count(*) filter (where s.status in ('complete', 'error')) as ran,
             count(q.task_id) as queued
        from ${t.workflow_steps} as s
        left join ${t.ready_steps} as q on q.task_id = s.task_id and q.position = s.position
       where s.task_id >= ${SINCE}
       group by s.task_id
    ), judged as (
      select task.task_id, task.status, case
               when task.status = 'complete' and c.satisfied < c.steps then 'complete, but a step is not'
               when task.status in ('pending', 'in_progress', 'error') and c.satisfied = c.steps
                 then 'every step is done, but the task is not complete'
               when task.status = 'error' and c.exhausted = 0 then 'in error, but no step is exhausted'
               when task.settled_at is not null and c.running > 0 then 'settled, but a step is running'
               when task.settled_at is not null and c.queued > 0 then 'settled, but a step is queued'
               when task.status in ('cancelled', 'resolved_manually') and c.waiting > 0
                 then 'closed, but a step is still waiting or in error'
               when task.status = 'pending' and c.running + c.ran > 0 then 'not started, but a step has run'
             end as problem
        from ${t.tasks} as task
        join counted as c on c.task_id = task.task_id
    )
    select task_id, status::text as status, problem from judged where problem is not null`,
};
