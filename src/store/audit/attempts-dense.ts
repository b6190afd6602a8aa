import { type Law, SINCE } from './law.ts';

/** Every attempt is on record, counted from 1 without a gap. */
export const attemptsDense: Law = {
  id: 'attempts-dense',
  title: 'Every attempt is on record, counted from 1 without a gap',
  explain:
    'The count of a step and its history differ: an attempt was lost, invented or counted twice.',
  sql: (t) => `
    select s.task_id, s.position, s.status::text as status, s.attempts, coalesce(h.past, 0)::int as past_attempts, h.first, h.last
      from ${t.workflow_steps} as s
      left join (select task_id, position, count(*) as past, min(attempt) as first, max(attempt) as last
                   from ${t.step_attempts}
                  where task_id >= ${SINCE}
                  group by task_id, position) as h on h.task_id = s.task_id and h.position = s.position
     where s.task_id >= ${SINCE}
       and (coalesce(h.past, 0) <> s.attempts - case when s.status in ('in_progress', 'complete') then 1 else 0 end
            or h.first <> 1
            or h.last <> h.past)`,
};
