import { runs } from './runs.ts';
import { type Law, LOCK_WAIT, SINCE } from './law.ts';

/** Nothing starts after its task is settled, or after the step was cancelled or resolved. */
export const nothingStartsAfterTheEnd: Law = {
  id: 'nothing-starts-after-the-end',
  title: 'Nothing starts after its task is settled, or after the step was cancelled or resolved',
  explain: 'An attempt began although an end had been put to it: a cancellation was not final.',
  sql: (t) => `
    with ended as (
      select task_id, null::int as position, settled_at as ended_at
        from ${t.tasks}
       where task_id >= ${SINCE} and settled_at is not null
       union all
      select task_id, position, created_at
        from ${t.operator_log}
       where task_id >= ${SINCE}
         and position is not null
         and to_status in ('cancelled', 'resolved_manually')
         and from_status is distinct from to_status
    )
    select r.task_id, r.position, r.attempt, r.started_at, e.ended_at
      from (${runs(t, 1)}) as r
      join ended as e on e.task_id = r.task_id and (e.position is null or e.position = r.position)
     where r.started_at > e.ended_at + ${LOCK_WAIT}`,
};
