import { type Law, LOCK_WAIT, SINCE, SNAPSHOT_GAP } from './law.ts';

/** Times run forward. */
export const timesInOrder: Law = {
  id: 'times-in-order',
  title: 'Times run forward',
  explain:
    'A step started before its task was created, ended before it started, or ended after its task was closed for good: the clock of the database went back, or a row was changed by hand.',
  sql: (t) => `
    select task_id, null::int as position, 'the task was started or settled before it was created' as problem
      from ${t.tasks}
     where task_id >= ${SINCE}
       and (started_at < created_at - ${SNAPSHOT_GAP} or settled_at < created_at - ${SNAPSHOT_GAP})
     union all
    select s.task_id, s.position, case
             when s.started_at < task.created_at - ${SNAPSHOT_GAP} then 'the step started before its task was created'
             when s.completed_at < s.started_at then 'the step ended before it started'
             else 'the step ended after its task'
           end
      from ${t.workflow_steps} as s
      join ${t.tasks} as task on task.task_id = s.task_id
     where s.task_id >= ${SINCE}
       and (s.started_at < task.created_at - ${SNAPSHOT_GAP}
            or (s.status = 'complete' and s.completed_at < s.started_at)
            or (s.completed_at > task.settled_at + ${LOCK_WAIT} and task.status in ('complete', 'cancelled', 'resolved_manually')))
     union all
    select task_id, position, 'attempt ' || attempt || ' ended before it started'
      from ${t.step_attempts}
     where task_id >= ${SINCE} and finished_at < started_at`,
};
