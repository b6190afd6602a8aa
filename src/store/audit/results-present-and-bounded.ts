import { type Law, MAX_BYTES, SINCE } from './law.ts';

/** A complete step has a result, and no stored value is larger than allowed. */
export const resultsPresentAndBounded: Law = {
  id: 'results-present-and-bounded',
  title: 'A complete step has a result, and no stored value is larger than allowed',
  explain:
    'A result is missing (a handler that returns nothing stores JSON null, which is a value), or a value came in past the size limit.',
  sql: (t) => `
    select task_id, position, 'the result is missing' as problem
      from ${t.workflow_steps}
     where task_id >= ${SINCE} and status = 'complete' and results is null
     union all
    select s.task_id, s.position, 'a value of ' || value.bytes || ' bytes'
      from ${t.workflow_steps} as s
     -- the database writes a space after each separator, which the limit does not count. Compression makes a value at most
     -- 128 times smaller, so what is small in storage need not be written out to be measured.
     cross join lateral (
             select octet_length(replace(replace(stored::text, ', ', ','), ': ', ':')) as bytes
               from (values (s.results), (s.inputs)) as v (stored)
              where pg_column_size(stored) > ${MAX_BYTES} / 128
           ) as value
     where s.task_id >= ${SINCE} and value.bytes > ${MAX_BYTES}`,
};
