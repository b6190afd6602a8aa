import type { Tables } from '../tables.ts';

/** What a statement of insert-tasks has to do besides storing tasks. */
interface Variant {
  /** Some task has an identity. */
  readonly identity: boolean;
  /** The ready steps are claimed for the worker `$3`, unless it was declared lost: then they go into the queue as otherwise. */
  readonly take: boolean;
}

/** The text of insert-tasks: `$1` the tasks, `$2` the shapes, `$3` the worker. */
export function insertText(t: Tables, { identity, take }: Variant): string {
  return `
with shapes as materialized (
  select ord - 1 as shape, (e->>0)::int as definition_id, (e->>1)::int as leaves_left, e->2 as steps, e->3 as ready
    from jsonb_array_elements($2::jsonb) with ordinality as x(e, ord)
), alive as materialized (
  ${take ? `select 1 from ${t.workers} where worker_id = $3 and lost_at is null` : 'select 1 where false'}
), asked as materialized (
  select x.ord, nextval('${t.schema}.tasks_task_id_seq') as task_id, s.shape, s.definition_id, s.leaves_left,
         (e->>1)::smallint as priority, e->>2 as initiator, e->>3 as reason, e->>4 as source_system, e->5 as tags, e->6 as bypass_steps,
         e->>7 as idempotency_key, coalesce((e->>8)::timestamptz, ${t.clock}) as requested_at, decode(e->>9, 'hex') as identity_key,
         decode(e->>10, 'hex') as payload_hash, (e->>11)::float8 as window_ms, e->>12 as trace_context,
         e->13 as context${take ? ', exists (select from alive) as taken' : ', false as taken'}
    from jsonb_array_elements($1::jsonb) with ordinality as x(e, ord) join shapes as s on s.shape = (e->>0)::int
)${identity ? identified(t) : ', fresh as (select * from asked)'}, ${storedTasks(t)}, ${take ? takenSteps(t) : plainSteps(t)}, ready as (
  insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
  select f.task_id, r.position, f.definition_id, -f.priority, r.queue, ${t.clock}, true
    from fresh as f
    join (select shape, (e->>0)::int as position, e->>1 as queue from shapes, jsonb_array_elements(ready) as e) as r on r.shape = f.shape
   where not f.taken
)
select ord, task_id, date_part('epoch', requested_at) * 1000 as requested_at, taken and leaves_left > 0 as taken
  from fresh`;
}

/** The tasks whose identity is free. */
function identified(t: Tables): string {
  return `, identified as (
  insert into ${t.task_identities} as i (identity_key, payload_hash, task_id, requested_at, expires_at)
  select identity_key, payload_hash, task_id, requested_at, requested_at + window_ms * interval '1 millisecond'
    from asked where identity_key is not null order by identity_key
      on conflict (identity_key) do update
     set payload_hash = excluded.payload_hash, task_id = excluded.task_id,
         requested_at = excluded.requested_at, expires_at = excluded.expires_at
   where greatest(excluded.requested_at - i.requested_at, i.requested_at - excluded.requested_at)
         >= excluded.expires_at - excluded.requested_at
  returning task_id
), fresh as materialized (
  select a.* from asked as a where a.identity_key is null or a.task_id in (select task_id from identified)
)`;
}

function storedTasks(t: Tables): string {
  const textArray = (element: string): string =>
    `array(select jsonb_array_elements_text(${element}))`;
  return `stored as (
  insert into ${t.tasks} (task_id, created_at, requested_at, started_at, settled_at, definition_id, status, leaves_left, priority,
                          initiator, reason, source_system, idempotency_key, tags, bypass_steps, trace_context, context)
  overriding system value
  select task_id, ${t.clock}, requested_at, case when taken and leaves_left > 0 then ${t.clock} end,
         case when leaves_left = 0 then ${t.clock} end, definition_id,
         case when leaves_left = 0 then 'complete' when taken then 'in_progress' else 'pending' end::${t.schema}.task_status, leaves_left,
         priority, initiator, reason, source_system, idempotency_key, ${textArray('tags')}, ${textArray('bypass_steps')},
         trace_context, context
    from fresh
), opened as (
  insert into ${t.open_tasks} (task_id) select task_id from fresh where leaves_left > 0
)`;
}

function plainSteps(t: Tables): string {
  return `steps as (
  insert into ${t.workflow_steps} (task_id, position, waiting_on, status)
  select f.task_id, s.position, s.waiting_on, s.status
    from fresh as f
    join (select shape, (e->>0)::int as position, (e->>1)::int as waiting_on, (e->>2)::${t.schema}.step_status as status
            from shapes, jsonb_array_elements(steps) as e) as s on s.shape = f.shape
)`;
}

function takenSteps(t: Tables): string {
  return `steps as (
  insert into ${t.workflow_steps} (task_id, position, waiting_on, status, worker_id, attempts, started_at)
  select f.task_id, s.position, s.waiting_on, case when f.taken and s.ready then 'in_progress' else s.status end,
         case when f.taken and s.ready then $3::bigint end, case when f.taken and s.ready then 1 else 0 end,
         case when f.taken and s.ready then ${t.clock} end
    from fresh as f
    join (select shape, (e->>0)::int as position, (e->>1)::int as waiting_on, (e->>2)::${t.schema}.step_status as status,
                 (e->>3)::boolean as ready
            from shapes, jsonb_array_elements(steps) as e) as s on s.shape = f.shape
)`;
}
