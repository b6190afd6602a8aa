import { type Law, SINCE } from './law.ts';

/** A step that is complete ran and succeeded once; nothing else has a result. */
export const oneSuccess: Law = {
  id: 'one-success',
  title: 'A step that is complete ran and succeeded once; nothing else has a result',
  explain:
    'A completion without a run, or a result without a completion: dependents would use a value that no successful run produced.',
  sql: (t) => `
    select s.task_id, s.position, s.status::text as status, s.attempts, s.started_at, s.completed_at,
           s.results is not null as has_results
      from ${t.workflow_steps} as s
     where s.task_id >= ${SINCE}
       and case s.status
             when 'complete' then s.attempts = 0 or s.started_at is null or s.completed_at is null
             when 'resolved_manually' then s.completed_at is null
             else s.results is not null
           end`,
};
