import { type Law, SINCE } from './law.ts';

/** No more steps of a task run at once than its width allows. */
export const widthRespected: Law = {
  id: 'width-respected',
  title: 'No more steps of a task run at once than its width allows',
  explain: 'The definition asked for a narrow task, and steps that must not run side by side do.',
  sql: (t) => `
    select task.task_id, count(*)::int as running, d.document->>'width' as width
      from ${t.tasks} as task
      join ${t.task_definitions} as d on d.definition_id = task.definition_id
      join ${t.workflow_steps} as s on s.task_id = task.task_id
     where task.settled_at is null
       and task.task_id >= ${SINCE}
       and s.status = 'in_progress'
       and jsonb_typeof(d.document->'width') = 'number'
     group by task.task_id, d.document->>'width'
    having count(*) > (d.document->>'width')::int`,
};
