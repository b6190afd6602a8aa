import { type Law, NOW, SINCE } from './law.ts';

/** No step waits long past its time while a worker that serves its queue is idle. */
export const noStarvedStep: Law = {
  id: 'no-starved-step',
  title: 'No step waits long past its time while a worker that serves its queue is idle',
  explain:
    'The step has been due for more than 30 seconds, a worker of its queue is alive with room, and nothing of the queue was started meanwhile. Either the queue is not read, or no running worker has the handler of the step.',
  sql: (t) => `
    select q.task_id, q.position, q.queue, q.ready_at, q.due
      from ${t.ready_steps} as q
     where q.task_id >= ${SINCE}
       and q.ready_at < ${NOW} - interval '30 seconds'
       and exists (select
                     from ${t.workers} as w
                    where q.queue = any (w.queues)
                      and w.stopped_at is null
                      and w.lost_at is null
                      and w.lease_expires_at > ${NOW}
                      and w.started_at < ${NOW} - interval '30 seconds'
                      and w.heartbeat_at > w.started_at
                      and w.slots > (select count(*)
                                       from ${t.tasks} as task
                                       join ${t.workflow_steps} as s on s.task_id = task.task_id
                                      where task.settled_at is null and s.status = 'in_progress' and s.worker_id = w.worker_id))
       and q.queue not in (select n.queue
                             from ${t.tasks} as task
                             join ${t.workflow_steps} as s on s.task_id = task.task_id
                             join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
                            where (task.settled_at is null or task.settled_at > ${NOW} - interval '30 seconds')
                              and s.started_at > ${NOW} - interval '30 seconds')`,
};
