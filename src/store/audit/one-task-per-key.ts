import { type Law, SINCE } from './law.ts';

/** An idempotency key names one task of its kind. */
export const oneTaskPerKey: Law = {
  id: 'one-task-per-key',
  title: 'An idempotency key names one task of its kind',
  explain:
    'Two tasks of the same namespace and name carry the same key: a repeated request was taken for a new one, and its work may be done twice.',
  sql: (t) => `
    select max(task.task_id) as task_id, d.namespace, d.name, task.idempotency_key, count(*)::int as tasks
      from ${t.tasks} as task
      join ${t.task_definitions} as d on d.definition_id = task.definition_id
     where task.idempotency_key is not null
     group by d.namespace, d.name, task.idempotency_key
    having count(*) > 1 and max(task.task_id) >= ${SINCE}`,
};
