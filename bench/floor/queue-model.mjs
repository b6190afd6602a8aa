/**
 * The floor with the data model of this engine: a row per step, made with the task; a slim queue of what is ready; claims per
 * step; every state is stored before the step runs. Nothing else: no retries, no attempts' history, no leases that expire, no
 * fences, no checks, no types, no events.
 *
 * One statement per batch reports results, opens the children (which this connection runs itself), finishes tasks and takes more
 * from the queue, as the engine does. Step states: 0 waiting, 1 ready, 2 running, 3 complete.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { contextOf } from '../workloads.mjs';
import { againAfterDeadlock, arrayText } from './connection.mjs';

const TABLES = `
create table task (
  id bigint primary key, name text not null, status smallint not null default 0, context jsonb not null, worker int,
  created_at timestamptz not null default now(), finished_at timestamptz
) with (fillfactor = 70);
create table step (
  task_id bigint not null, position smallint not null, state smallint not null, waiting_on smallint not null,
  attempts smallint not null default 0, worker int, started_at timestamptz, finished_at timestamptz, result jsonb,
  primary key (task_id, position)
) with (fillfactor = 70);
create table ready (
  id bigint generated always as identity primary key, task_id bigint not null, position smallint not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`;

const ADVANCE = `
with done as (
  update step as s
     set state = 3, result = r.e->2, finished_at = now()
    from (select (e->>0)::bigint as task_id, (e->>1)::smallint as position, e from jsonb_array_elements($1::jsonb) as e) as r
   where s.task_id = r.task_id and s.position = r.position
), opened as (
  update step as s
     set waiting_on = s.waiting_on - c.parents, state = case when s.waiting_on = c.parents then 2 else 0 end,
         started_at = now(), attempts = attempts + 1, worker = 1
    from (select (e->>0)::bigint as task_id, (e->>1)::smallint as position, (e->>2)::smallint as parents
            from jsonb_array_elements($2::jsonb) as e) as c
   where s.task_id = c.task_id and s.position = c.position
  returning s.task_id, s.position, s.state
), finished as (
  update task set status = 2, finished_at = now() where id = any ($3::text::bigint[])
), taken as (
  delete from ready
   where ctid = any (array(select ctid from ready order by id limit $4::int for update skip locked))
  returning task_id, position
), claimed as (
  update step as s
     set state = 2, started_at = now(), attempts = attempts + 1, worker = 1
    from taken as t
   where s.task_id = t.task_id and s.position = t.position
  returning s.task_id, s.position
)
select task_id as "taskId", position, null as context from opened where state = 2
union all
select c.task_id, c.position, t.context from claimed as c join task as t on t.id = c.task_id`;

/**
 * @param {ReturnType<typeof import('../workloads.mjs').graphOf>} graph
 * @param {(name: string, taskId: number) => Promise<object>} run what each step does
 */
export function queueModel(graph, run) {
  const steps = graph.waitingOn.map((parents, position) => ({ position, parents }));
  const enqueueText = insertText({
    steps: steps.map((step) => ({ ...step, state: step.parents === 0 ? 1 : 0 })),
    queued: graph.roots,
  });
  const startText = insertText({
    steps: steps.map((step) => ({ ...step, state: step.parents === 0 ? 2 : 0 })),
    queued: [],
  });
  return {
    tables: TABLES,
    enqueue: (connection, from, count) =>
      connection.query('enqueue', enqueueText, [tasksText(from, count)]),
    drain: (connection, batch, progress) => drain({ graph, run }, connection, { batch, progress }),
    async handOff(connection, id) {
      await connection.query('start', startText, [tasksText(id, 1)]);
      let running = graph.roots.map((position) => ({ taskId: id, position }));
      let handledAt = 0;
      while (running.length > 0) {
        const results = await handleAll({ graph, run }, running);
        handledAt = performance.now();
        running = await advance(connection, report(graph, running, results), 0);
      }
      return handledAt;
    },
  };
}

/**
 * Runs batches on one connection until no task is left. Children beyond the batch wait in memory, so that statements stay small;
 * all connections of the process run them.
 */
async function drain({ graph, run }, connection, { batch, progress }) {
  let running = [];
  while (progress.left > 0) {
    running.sort((one, two) => one.taskId - two.taskId || one.position - two.position);
    const done = report(graph, running, await handleAll({ graph, run }, running));
    const room = Math.max(0, batch - progress.waiting.length - done.children.size);
    progress.waiting.push(...(await advance(connection, done, room)));
    progress.left -= done.finished.length;
    const wasIdle = running.length === 0;
    running = progress.waiting.splice(0, batch);
    if (wasIdle && running.length === 0) await delay(1); // the other connections have what is left
  }
}

function handleAll({ graph, run }, running) {
  return Promise.all(running.map(({ taskId, position }) => run(graph.names[position], taskId)));
}

/** What finished steps mean for the database: their results, how many parents each child lost, which tasks are over. */
function report(graph, running, results) {
  const children = new Map();
  const finished = [];
  for (const { taskId, position } of running) {
    if (position === graph.leaf) finished.push(taskId);
    for (const child of graph.children[position]) {
      const key = `${taskId},${child}`;
      children.set(key, (children.get(key) ?? 0) + 1);
    }
  }
  const texts = running.map(
    ({ taskId, position }, index) => `[${taskId},${position},${JSON.stringify(results[index])}]`,
  );
  return { texts, children, finished };
}

function advance(connection, { texts, children, finished }, room) {
  const opened = [...children].map(([key, parents]) => `[${key},${parents}]`);
  const values = [`[${texts.join(',')}]`, `[${opened.join(',')}]`, arrayText(finished), room];
  return againAfterDeadlock(() => connection.query('advance', ADVANCE, values));
}

function tasksText(from, count) {
  const tasks = Array.from(
    { length: count },
    (_, index) => `[${from + index},${JSON.stringify(contextOf(from + index))}]`,
  );
  return `[${tasks.join(',')}]`;
}

/** The statement that stores tasks with all their steps. A step that starts in state 2 is running at once, in this process. */
function insertText({ steps, queued }) {
  const rows = steps.map(
    ({ position, state, parents }) =>
      `(${position}::smallint, ${state}::smallint, ${parents}::smallint)`,
  );
  const queue = `, queued as (
  insert into ready (task_id, position)
  select id, position from asked, (values ${queued.map((position) => `(${position}::smallint)`).join(', ')}) as r (position)
)`;
  return `
with asked as materialized (
  select (e->>0)::bigint as id, e->1 as context from jsonb_array_elements($1::jsonb) as e
), stored as (
  insert into task (id, name, context) select id, 'bench', context from asked
)${queued.length > 0 ? queue : ''}
insert into step (task_id, position, state, waiting_on, attempts, worker, started_at)
select id, s.position, s.state, s.parents, (s.state = 2)::int, case when s.state = 2 then 1 end, case when s.state = 2 then now() end
  from asked, (values ${rows.join(', ')}) as s (position, state, parents)`;
}
