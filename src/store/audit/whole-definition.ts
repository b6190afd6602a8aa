import { type Law } from './law.ts';

/** A stored definition and its steps say the same. */
export const wholeDefinition: Law = {
  id: 'whole-definition',
  title: 'A stored definition and its steps say the same',
  explain:
    'The steps of a definition are counted from 0 without a gap, match the stored document by name, and list each dependency at both ends. A task of a broken definition runs in the wrong order or not to its end.',
  sql: (t) => `
    select n.definition_id, n.position, n.name, 'the document names this step differently' as problem
      from ${t.named_steps} as n
      join ${t.task_definitions} as d on d.definition_id = n.definition_id
     where n.name is distinct from d.document->'steps'->n.position->>'name'
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
