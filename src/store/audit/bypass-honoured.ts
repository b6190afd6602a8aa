import { type Law, SINCE } from './law.ts';

/** Exactly the steps that the request bypasses are skipped. */
export const bypassHonoured: Law = {
  id: 'bypass-honoured',
  title: 'Exactly the steps that the request bypasses are skipped',
  explain: 'A step was skipped that nobody asked to skip, or one ran that was to be bypassed.',
  sql: (t) => `
    select s.task_id, s.position, n.name, s.status::text as status, n.skippable
      from ${t.workflow_steps} as s
      join ${t.tasks} as task on task.task_id = s.task_id
      join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
     where s.task_id >= ${SINCE}
       and (s.status = 'skipped') <> (n.skippable and n.name = any (task.bypass_steps))`,
};
