import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** What the steps of a new task look like: shared by all tasks of one definition with the same bypassed steps. */
export interface TaskShape {
  readonly definitionId: number;
  readonly leavesLeft: number;
  readonly steps: readonly {
    readonly position: number;
    readonly waitingOn: number;
    readonly skipped: boolean;
  }[];
  /** Steps that enter the ready queue at once: the roots, as far as the task's width lets them. */
  readonly ready: readonly { readonly position: number; readonly queue: string }[];
}

/** How a request is recognised as a repetition. */
export interface TaskIdentity {
  /** 32 bytes, hex. */
  readonly key: string;
  /** 32 bytes, hex: the content of the request, compared when a caller's key is repeated. */
  readonly payload: string | null;
  /** Sliding window in milliseconds; null = for ever. */
  readonly windowMs: number | null;
}

export interface NewTask {
  /** Index into the shapes. */
  readonly shape: number;
  readonly priority: number;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  readonly bypassSteps: readonly string[];
  readonly idempotencyKey: string | null;
  readonly requestedAt: Date | null;
  /** W3C traceparent of the span that creates the task; null when nothing is traced. */
  readonly traceContext: string | null;
  /** JSON text that has passed the gate. */
  readonly contextText: string;
  readonly identity: TaskIdentity | null;
}

/**
 * Stores tasks with all their steps and queue rows in one statement. The answer has, at the index of each new task, its id, or null
 * when its identity is taken (nothing of that task was stored). No two tasks of one call may have the same identity key.
 *
 * The identity is decided by the unique index of task_identities: a concurrent request with the same key waits for the first one to
 * commit, and then finds the window taken. Locks: identity rows in key order.
 */
export function insertTasks(
  t: Tables,
): (
  db: Connection,
  shapes: readonly TaskShape[],
  tasks: readonly NewTask[],
) => Promise<readonly (number | null)[]> {
  const text = insertText(t);
  const plain = insertText(t, false);
  return async (db, shapes, tasks) => {
    const withIdentity = tasks.some((task) => task.identity !== null);
    const { rows } = await db.query({
      name: `${t.schema}.insert-tasks${withIdentity ? '' : '-plain'}`,
      text: withIdentity ? text : plain,
      values: [tasksText(tasks), shapesText(shapes)],
    });
    const ids: (number | null)[] = tasks.map(() => null);
    for (const row of rows) ids[(row['ord'] as number) - 1] = row['task_id'] as number; // bigint columns, read as numbers
    return ids;
  };
}

function tasksText(tasks: readonly NewTask[]): string {
  const parts = tasks.map((task) => {
    const identity =
      task.identity === null
        ? 'null,null,null'
        : `"${task.identity.key}",${quoted(task.identity.payload)},${task.identity.windowMs}`;
    const requestedAt = task.requestedAt === null ? 'null' : `"${task.requestedAt.toISOString()}"`;
    return (
      `[${task.shape},${task.priority},${JSON.stringify(task.initiator)},${JSON.stringify(task.reason)},` +
      `${JSON.stringify(task.sourceSystem)},${JSON.stringify(task.tags)},${JSON.stringify(task.bypassSteps)},` +
      `${JSON.stringify(task.idempotencyKey)},${requestedAt},${identity},${quoted(task.traceContext)},${task.contextText}]`
    );
  });
  return `[${parts.join(',')}]`;
}

function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

function shapesText(shapes: readonly TaskShape[]): string {
  return JSON.stringify(
    shapes.map((shape) => [
      shape.definitionId,
      shape.leavesLeft,
      shape.steps.map((s) => [s.position, s.waitingOn, s.skipped ? 'skipped' : 'pending']),
      shape.ready.map((r) => [r.position, r.queue]),
    ]),
  );
}

function insertText(t: Tables, identity = true): string {
  const textArray = (element: string): string =>
    `array(select jsonb_array_elements_text(${element}))`;
  return `
with shapes as materialized (
  select ord - 1 as shape, (e->>0)::int as definition_id, (e->>1)::int as leaves_left, e->2 as steps, e->3 as ready
    from jsonb_array_elements($2::jsonb) with ordinality as x(e, ord)
), asked as materialized (
  select x.ord, nextval('${t.schema}.tasks_task_id_seq') as task_id, s.shape, s.definition_id, s.leaves_left,
         (e->>1)::smallint as priority, e->>2 as initiator, e->>3 as reason, e->>4 as source_system, e->5 as tags, e->6 as bypass_steps,
         e->>7 as idempotency_key, coalesce((e->>8)::timestamptz, ${t.clock}) as requested_at, decode(e->>9, 'hex') as identity_key,
         decode(e->>10, 'hex') as payload_hash, (e->>11)::float8 as window_ms, e->>12 as trace_context,
         e->13 as context
    from jsonb_array_elements($1::jsonb) with ordinality as x(e, ord) join shapes as s on s.shape = (e->>0)::int
)${
    identity
      ? `, identified as (
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
)`
      : `, fresh as (select * from asked)`
  }, stored as (
  insert into ${t.tasks} (task_id, created_at, requested_at, settled_at, definition_id, status, leaves_left, priority, initiator, reason,
                          source_system, idempotency_key, tags, bypass_steps, trace_context, context)
  overriding system value
  select task_id, ${t.clock}, requested_at, case when leaves_left = 0 then ${t.clock} end, definition_id,
         case when leaves_left = 0 then 'complete' else 'pending' end::${t.schema}.task_status, leaves_left, priority, initiator, reason,
         source_system, idempotency_key, ${textArray('tags')}, ${textArray('bypass_steps')},
         trace_context, context
    from fresh
), steps as (
  insert into ${t.workflow_steps} (task_id, position, waiting_on, status)
  select f.task_id, s.position, s.waiting_on, s.status
    from fresh as f
    join (select shape, (e->>0)::int as position, (e->>1)::int as waiting_on, (e->>2)::${t.schema}.step_status as status
            from shapes, jsonb_array_elements(steps) as e) as s on s.shape = f.shape
), ready as (
  insert into ${t.ready_steps} (task_id, position, definition_id, rank, queue, ready_at, due)
  select f.task_id, r.position, f.definition_id, -f.priority, r.queue, ${t.clock}, true
    from fresh as f
    join (select shape, (e->>0)::int as position, e->>1 as queue from shapes, jsonb_array_elements(ready) as e) as r on r.shape = f.shape
)
select ord, task_id from fresh`;
}
