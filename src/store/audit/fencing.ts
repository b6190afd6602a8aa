import { type Law, SINCE, SNAPSHOT_GAP } from './law.ts';

/** The current attempt is newer than every attempt on record. */
export const fencing: Law = {
  id: 'fencing',
  title: 'The current attempt is newer than every attempt on record',
  explain:
    'attempts is the fencing token: when it is not greater than an old one, a late worker could write over the new run.',
  sql: (t) => `
    select s.task_id, s.position, s.status::text as status, s.attempts, a.attempt as recorded, a.outcome::text as outcome
      from ${t.workflow_steps} as s
      join ${t.step_attempts} as a on a.task_id = s.task_id and a.position = s.position
     where s.task_id >= ${SINCE}
       and a.attempt >= s.attempts + case when s.status in ('in_progress', 'complete') then 0 else 1 end
     union all
    select s.task_id, s.position, s.status::text, s.attempts, null, 'started before worker ' || w.worker_id || ' existed'
      from ${t.workflow_steps} as s
      join ${t.workers} as w on w.worker_id = s.worker_id
     where s.task_id >= ${SINCE} and s.status = 'in_progress' and s.started_at < w.started_at - ${SNAPSHOT_GAP}`,
};
