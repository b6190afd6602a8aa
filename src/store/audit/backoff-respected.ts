import { runs } from './runs.ts';
import { type Law, SNAPSHOT_GAP } from './law.ts';

/** No attempt begins before the time that the one before it set. */
export const backoffRespected: Law = {
  id: 'backoff-respected',
  title: 'No attempt begins before the time that the one before it set',
  explain:
    'A retry came too early, or an exhausted step ran again, without an operator having asked for it.',
  sql: (t) => `
    select task_id, position, attempt, started_at, previous_retry_at
      from (select task_id, position, attempt, started_at, lag(attempt) over w as previous,
                   lag(retry_at) over w as previous_retry_at, lag(finished_at) over w as previous_finished_at
              from (${runs(t, 2)}) as r
            window w as (partition by task_id, position order by attempt)) as pair
     where previous is not null
       -- the time is kept to the microsecond, but may have passed through a client that counts in milliseconds
       and (previous_retry_at is null or started_at < previous_retry_at - interval '1 millisecond')
       and not exists (select
                         from ${t.operator_log} as l
                        where l.task_id = pair.task_id
                          and (l.position = pair.position or l.position is null)
                          and l.created_at between previous_finished_at - ${SNAPSHOT_GAP} and started_at + ${SNAPSHOT_GAP})`,
};
