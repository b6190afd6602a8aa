import { type Law } from './law.ts';

/** No step of a definition depends on itself, however far around. */
export const acyclicDefinition: Law = {
  id: 'acyclic-definition',
  title: 'No step of a definition depends on itself, however far around',
  explain: 'A step on a cycle, or behind one, waits for ever.',
  sql: (t) => `
    -- a step whose longest way from a root has as many edges as there are steps is on a cycle or behind one; one that no root
    -- reaches is on a cycle without an entrance. The union keeps one row for each (step, length), so wide graphs stay cheap.
    with recursive sizes as (
      select definition_id, count(*)::int as steps from ${t.named_steps} group by definition_id
    ), reached as (
      select definition_id, position, 0 as length from ${t.named_steps} where parents = '{}'
       union
      select n.definition_id, child.position, r.length + 1
        from reached as r
        join sizes using (definition_id)
        join ${t.named_steps} as n on n.definition_id = r.definition_id and n.position = r.position
       cross join unnest(n.children) as child (position)
       where r.length < sizes.steps
    )
    select n.definition_id, n.position, n.name
      from ${t.named_steps} as n
      join sizes using (definition_id)
      left join (select definition_id, position, max(length) as length from reached group by 1, 2) as r
        on r.definition_id = n.definition_id and r.position = n.position
     where r.length is null or r.length >= sizes.steps`,
};
