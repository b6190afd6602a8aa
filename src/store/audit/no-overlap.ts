import { runs } from './runs.ts';
import { type Law, SNAPSHOT_GAP } from './law.ts';

/** Two attempts of a step never overlap. */
export const noOverlap: Law = {
  id: 'no-overlap',
  title: 'Two attempts of a step never overlap',
  explain:
    'An attempt began before the one before it was closed: two handlers may have worked on the same step at once.',
  sql: (t) => `
    select task_id, position, attempt, started_at, previous_finished_at
      from (select task_id, position, attempt, started_at,
                   lag(attempt) over w as previous, lag(finished_at) over w as previous_finished_at
              from (${runs(t, 2)}) as r
            window w as (partition by task_id, position order by attempt)) as pair
     where previous is not null
       and (previous_finished_at is null or started_at < previous_finished_at - ${SNAPSHOT_GAP})`,
};
