import { type Law, LOCK_WAIT, SATISFIED, SINCE, SNAPSHOT_GAP } from './law.ts';

/** No step starts before each of its parents satisfies it. */
export const parentsFirst: Law = {
  id: 'parents-first',
  title: 'No step starts before each of its parents satisfies it',
  explain: 'A handler ran without, or before, the result of a step that it depends on.',
  // Through the list of parents, not through all steps of the task: a task of n steps costs n, not n * n.
  sql: (t) => `
    with ran as materialized (
      select s.task_id, s.position, n.parents,
             least(s.started_at, (select min(a.started_at)
                                    from ${t.step_attempts} as a
                                   where a.task_id = s.task_id and a.position = s.position)) as started_at
        from ${t.workflow_steps} as s
        join ${t.tasks} as task on task.task_id = s.task_id
        join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = s.position
       where s.task_id >= ${SINCE} and s.attempts > 0 and n.parents <> '{}'
    )
    select s.task_id, s.position, s.started_at, parent.position as parent, parent.status::text as parent_status,
           parent.completed_at as parent_completed_at
      from ran as s
     cross join lateral unnest(s.parents) as p (position)
      join ${t.workflow_steps} as parent on parent.task_id = s.task_id and parent.position = p.position
     where parent.status not in ${SATISFIED}
        or s.started_at < parent.completed_at - ${SNAPSHOT_GAP}
           -- two parents may finish in two statements at once: the one that waits for the other's row lock takes the step on, and
           -- stamps it with the time at which it began to wait. Asked last, and so of few: it looks at all of the step's parents.
           and (s.started_at < parent.completed_at - ${LOCK_WAIT}
                or not exists (select
                                 from ${t.workflow_steps} as other
                                where other.task_id = s.task_id
                                  and other.position = any (s.parents)
                                  and other.completed_at = s.started_at))`,
};
