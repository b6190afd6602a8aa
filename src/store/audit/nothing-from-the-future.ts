import { type Law, NOW, SINCE } from './law.ts';

/** Nothing has happened in the future. */
export const nothingFromTheFuture: Law = {
  id: 'nothing-from-the-future',
  title: 'Nothing has happened in the future',
  explain:
    "A row is stamped with a time that the database's clock has not reached: it was written with another clock, or the clock went back.",
  sql: (t) => `
    select task_id, position, what, at
      from (select task_id, null::int as position, 'task' as what, greatest(created_at, started_at, settled_at, failed_at) as at
              from ${t.tasks} where task_id >= ${SINCE}
             union all
            select task_id, position, 'step', greatest(started_at, completed_at) from ${t.workflow_steps} where task_id >= ${SINCE}
             union all
            select task_id, position, 'attempt', finished_at from ${t.step_attempts} where task_id >= ${SINCE}
             union all
            select task_id, position, 'operator log', created_at from ${t.operator_log} where task_id >= ${SINCE}
             union all
            select null, null, 'worker ' || worker_id, greatest(started_at, heartbeat_at, stopped_at, lost_at) from ${t.workers}) as stamped
     where at > ${NOW} + interval '1 second'`,
};
