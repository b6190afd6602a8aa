import { type Law, NOW, SINCE } from './law.ts';

/** The queue holds only steps that may run, under the right name. */
export const queueRowIsRunnable: Law = {
  id: 'queue-row-is-runnable',
  title: 'The queue holds only steps that may run, under the right name',
  explain:
    'A worker would claim a step that is finished, running or still waiting for a parent, in the wrong queue, in the wrong order or too early.',
  sql: (t) => `
    with judged as (
      select q.task_id, q.position, s.status, case
               when s.task_id is null then 'there is no such step'
               when task.task_id is null then 'there is no such task'
               when s.status not in ('pending', 'error') then 'the step is ' || s.status
               when s.waiting_on > 0 then 'the step waits for ' || s.waiting_on || ' parents'
               when q.definition_id <> task.definition_id then 'it names another definition than the task'
               when q.queue is distinct from n.queue then 'it is in queue ' || q.queue || ' instead of ' || coalesce(n.queue, 'none')
               when q.rank <> -task.priority then 'its rank is not the negated priority of the task'
               when q.due and q.ready_at > ${NOW} + interval '1 second' then 'it is due before its time'
             end as problem
        from ${t.ready_steps} as q
        left join ${t.workflow_steps} as s on s.task_id = q.task_id and s.position = q.position
        left join ${t.tasks} as task on task.task_id = q.task_id
        left join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = q.position
       where q.task_id >= ${SINCE}
    )
    select task_id, position, status::text as status, problem from judged where problem is not null`,
};
