import { GRACE_MS, type Law, NOW, SINCE } from './law.ts';

/** Every running step is held by a worker whose lease is valid. */
export const noZombieLease: Law = {
  id: 'no-zombie-lease',
  title: 'Every running step is held by a worker whose lease is valid',
  explain:
    'The holder is unknown, has stopped, was declared lost, or has let its lease lapse, more than 15 seconds ago (others look every few seconds), and nobody gave the step back.',
  sql: (t) => `
    select s.task_id, s.position, s.worker_id, w.name as worker, w.lease_expires_at, w.stopped_at, w.lost_at
      from ${t.tasks} as task
      join ${t.workflow_steps} as s on s.task_id = task.task_id
      left join ${t.workers} as w on w.worker_id = s.worker_id
     where task.settled_at is null
       and task.task_id >= ${SINCE}
       and s.status = 'in_progress'
       and (w.worker_id is null
            or w.stopped_at <= ${NOW} - ${GRACE_MS} * interval '1 millisecond'
            or w.lost_at < ${NOW} - interval '15 seconds'
            or w.lease_expires_at < ${NOW} - interval '15 seconds')`,
};
