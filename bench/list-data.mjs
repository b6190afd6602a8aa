/** A database of many finished tasks, written straight into the tables: what lists and filters are measured on. */

const TASK_NAMES = 12;

/**
 * Fills the schema `tasker`, which must be migrated and empty: three steps per task; 0.3 % of the tasks open, 0.03 % in error, as many
 * cancelled, 0.005 % resolved by hand, the others complete. Values of every frequency: one task, one in a thousand, one in twenty, most.
 * @param {import('pg').Client} client
 * @param {number} tasks
 */
export async function fillTasks(client, tasks) {
  await client.query('set search_path = tasker');
  await client.query(DEFINITIONS);
  const slice = 50_000;
  for (let from = 1; from <= tasks; from += slice) {
    const to = Math.min(tasks, from + slice - 1);
    await client.query(TASKS, [from, to, tasks]);
    await client.query(STEPS, [from, to]);
  }
  await client.query(NOTES, [tasks]);
  await client.query('insert into open_tasks select task_id from tasks where settled_at is null');
  await client.query(`select setval('tasks_task_id_seq', $1)`, [tasks]);
  for (const table of ['tasks', 'open_tasks', 'workflow_steps', 'task_annotations', 'named_steps'])
    await client.query(`vacuum analyze ${table}`);
}

// The last definition is a rare one, with a dependent system of its own.
const DEFINITIONS = `
with d as (
  insert into task_definitions (namespace, name, version, content_hash, document)
  select 'space_' || n % 3, 'task_' || n, '1.0.0', 'hash', '{}' from generate_series(1, ${TASK_NAMES}) as n order by n
  returning definition_id, name
), s as (
  insert into named_steps (definition_id, position, name, description, dependent_system, kind, queue, retryable, retry_limit, skippable,
                           parents, children)
  select definition_id, p, 'step_' || p, '', case when name = 'task_${TASK_NAMES}' then 'rare_system' else 'system_' || p end,
         'function', 'default', true, 3, false, case when p = 0 then '{}' else array[p - 1] end, case when p = 2 then '{}' else array[p + 1] end
    from d, generate_series(0, 2) as p
)
insert into dependent_systems (name) values ('rare_system'), ('system_0'), ('system_1'), ('system_2')`;

const TASKS = `
insert into tasks (task_id, created_at, requested_at, started_at, settled_at, failed_at, definition_id, status, leaves_left, initiator,
                   reason, source_system, tags, context)
overriding system value
select n, at, at - interval '1 second' * (n % 7), case when kind > 0 then at end,
       case when kind > 1 then at + interval '2 seconds' end, case when kind in (2, 3, 4) then at + interval '2 seconds' end,
       case when n % 5000 = 0 then ${TASK_NAMES} else 1 + (n * 7 % ${TASK_NAMES - 1}) end,
       (array['pending', 'in_progress', 'error', 'cancelled', 'resolved_manually', 'complete'])[kind + 1]::task_status,
       case when kind < 4 then 1 else 0 end,
       case when n % 5 < 3 then 'web' else 'user_' || n % 40000 end, 'bench',
       case when n % 9000 = 0 then 'legacy' else 'system_' || n % 4 end,
       array_remove(array['region_' || n % 8, case when n % 20 = 0 then 'vip' end, case when n % 1000 = 0 then 'audit' end], null),
       jsonb_build_object('order_id', n, 'country', (array['de', 'fr', 'it'])[1 + n % 3], 'cart', jsonb_build_object('id', n % 50000))
  from (select n, now() - interval '90 days' * (($3::float8 - n) / $3) as at,
               case when n % 1000 < 2 then n % 2 when n % 1000 = 2 and n % 3 = 0 then 2 when n % 1000 = 3 and n % 3 = 0 then 3
                    when n % 20000 = 4 then 4 else 5 end as kind
          from generate_series($1::int, $2::int) as n) as x`;

const STEPS = `
insert into workflow_steps (task_id, position, worker_id, started_at, completed_at, status, waiting_on, attempts, results)
select task_id, p, case when status = 'complete' or status = 'in_progress' and p = 0 then 1 end,
       case when status not in ('pending') and p = 0 or status = 'complete' then created_at + interval '300 milliseconds' * p end,
       case when status = 'complete' then created_at + interval '300 milliseconds' * p + interval '1 millisecond' * (20 + task_id % 180 + 50 * p) end,
       case when status = 'complete' then 'complete' when status = 'pending' then 'pending' when status in ('cancelled', 'resolved_manually') then 'cancelled'
            when p > 0 then 'pending' when status = 'in_progress' then 'in_progress' else 'error' end::step_status,
       case when status = 'complete' or p = 0 then 0 else 1 end, case when status = 'complete' or p = 0 and status <> 'pending' then 1 else 0 end,
       case when status = 'complete' then '{"ok": true}'::jsonb end
  from tasks, generate_series(0, 2) as p where task_id between $1 and $2 order by 1, 2`;

const NOTES = `
with kinds as (insert into annotation_types (name) values ('order'), ('support') returning annotation_type_id, name)
insert into task_annotations (task_id, position, annotation_type_id, annotation, created_at)
select n, -1, annotation_type_id, jsonb_build_object('ticket', 'T-' || n, 'level', n % 3), now()
  from kinds, generate_series(1, $1::int) as n where name = 'order' and n % 10 = 0 or name = 'support' and n % 5000 = 0`;
