import { type Law, SINCE } from './law.ts';

/** The open tasks are exactly those that are not settled. */
export const openTasks: Law = {
  id: 'open-tasks',
  title: 'The open tasks are exactly those that are not settled',
  explain:
    'A task that is not settled is missing among the open ones: the sweep and the reaper do not find it. Or a settled one is still there.',
  sql: (t) => `
    select task.task_id, task.status::text as status, o.task_id is not null as is_open
      from ${t.tasks} as task
      left join ${t.open_tasks} as o on o.task_id = task.task_id
     where task.task_id >= ${SINCE} and (task.settled_at is null) <> (o.task_id is not null)
     union all
    select o.task_id, null, true
      from ${t.open_tasks} as o
      left join ${t.tasks} as task on task.task_id = o.task_id
     where o.task_id >= ${SINCE} and task.task_id is null`,
};
