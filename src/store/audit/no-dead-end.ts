import { lastChange } from './last-change.ts';
import { GRACE_MS, type Law, NOW, SINCE } from './law.ts';

/** Every open task has something that moves it on. */
export const noDeadEnd: Law = {
  id: 'no-dead-end',
  title: 'Every open task has something that moves it on',
  explain: 'Nothing of the task runs and nothing is queued: it would stay open for ever.',
  sql: (t) => `
    select task.task_id, task.status::text as status, task.created_at
      from ${t.tasks} as task
     where task.settled_at is null
       and task.task_id >= ${SINCE}
       and not exists (select from ${t.workflow_steps} as s where s.task_id = task.task_id and s.status = 'in_progress')
       and not exists (select from ${t.ready_steps} as q where q.task_id = task.task_id)
       -- a step that failed for good settles its task in a transaction of its own, right afterwards
       and ${lastChange(t)} <= ${NOW} - ${GRACE_MS} * interval '1 millisecond'`,
};
