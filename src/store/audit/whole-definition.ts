import { type Law } from './law.ts';

/** A stored definition and its steps say the same. */
export const wholeDefinition: Law = {
  id: 'whole-definition',
  title: 'A stored definition and its steps say the same',
  explain:
    'The steps of a definition are counted from 0 without a gap, match the stored document by name, and list each dependency at both ends. A task of a broken definition runs in the wrong order or not to its end.',
  // Each document is opened once, not once for each of its steps: that of 10,000 steps has megabytes.
  sql: (t) => `
    with stated as materialized (
      select d.definition_id, (e.ordinal - 1)::int as position, e.step->>'name' as name
        from ${t.task_definitions} as d
       cross join lateral jsonb_array_elements(
               case jsonb_typeof(d.document->'steps') when 'array' then d.document->'steps' else '[]' end)
             with ordinality as e (step, ordinal)
    )
    select n.definition_id, n.position, n.name, 'the document names this step differently' as problem
      from ${t.named_steps} as n
      left join stated as s on s.definition_id = n.definition_id and s.position = n.position
     where n.name is distinct from s.name
     union all
    select d.definition_id, null, d.name, 'the document has another number of steps'
      from ${t.task_definitions} as d
     where case jsonb_typeof(d.document->'steps') when 'array' then jsonb_array_length(d.document->'steps') else 0 end
           <> (select count(*) from ${t.named_steps} as n where n.definition_id = d.definition_id)
     union all
    select n.definition_id, n.position, n.name, 'parent ' || p.position || ' does not list it as a child'
      from ${t.named_steps} as n
     cross join unnest(n.parents) as p (position)
      left join ${t.named_steps} as parent on parent.definition_id = n.definition_id and parent.position = p.position
     where parent.position is null or not n.position = any (parent.children)
     union all
    select n.definition_id, n.position, n.name, 'child ' || c.position || ' does not list it as a parent'
      from ${t.named_steps} as n
     cross join unnest(n.children) as c (position)
      left join ${t.named_steps} as child on child.definition_id = n.definition_id and child.position = c.position
     where child.position is null or not n.position = any (child.parents)`,
};
