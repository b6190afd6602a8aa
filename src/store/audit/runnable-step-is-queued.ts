import { lastChange } from './last-change.ts';
import { GRACE_MS, type Law, NOW, SINCE } from './law.ts';

/** A step that may run is in the queue. */
export const runnableStepIsQueued: Law = {
  id: 'runnable-step-is-queued',
  title: 'A step that may run is in the queue',
  explain:
    'The step waits for nothing, yet no worker can find it. Only a task of limited width may hold one back, and only while another of its steps runs or is queued.',
  sql: (t) => `
    select s.task_id, s.position
      from ${t.tasks} as task
      join ${t.workflow_steps} as s on s.task_id = task.task_id
      join ${t.task_definitions} as d on d.definition_id = task.definition_id
     where task.settled_at is null
       and task.task_id >= ${SINCE}
       and s.status = 'pending'
       and s.waiting_on = 0
       and not exists (select from ${t.ready_steps} as q where q.task_id = s.task_id and q.position = s.position)
       and (d.document->>'width' is null
            -- the next step of a narrow task enters the queue in a transaction of its own, right after a lane is free
            or ${lastChange(t)} <= ${NOW} - ${GRACE_MS} * interval '1 millisecond'
           and not exists (select
                             from ${t.workflow_steps} as other
                             left join ${t.ready_steps} as q on q.task_id = other.task_id and q.position = other.position
                            where other.task_id = s.task_id
                              and (other.status = 'in_progress' or q.task_id is not null)))`,
};
