/**
 * The floor of another data model: a worker leases whole tasks, keeps the graph in memory, and appends one row per finished
 * step. It is the fastest model that was found, and it gives up what this engine promises: steps of one task cannot run on
 * different workers or queues, and no attempt is recorded before it runs.
 *
 * One statement per batch appends results, finishes tasks and leases more. Task states: 0 free, 1 leased, 2 complete.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { contextOf } from '../workloads.mjs';
import { arrayText } from './connection.mjs';

const TABLES = `
create table task (
  id bigint primary key, name text not null, status smallint not null default 0, context jsonb not null, worker int,
  lease timestamptz, created_at timestamptz not null default now(), finished_at timestamptz
) with (fillfactor = 70);
create index task_free on task (id) where status = 0;
create table step_done (
  task_id bigint not null, position smallint not null, attempt smallint not null default 1,
  started_at timestamptz not null default now(), finished_at timestamptz not null default now(), result jsonb,
  primary key (task_id, position)
)`;

const ENQUEUE = `
insert into task (id, name, context)
select (e->>0)::bigint, 'bench', e->1 from jsonb_array_elements($1::jsonb) as e`;

const START = `
insert into task (id, name, context, status, worker, lease)
values ($1, 'bench', $2, 1, 1, now() + interval '30 s')`;

const ADVANCE = `
with done as (
  insert into step_done (task_id, position, result)
  select (e->>0)::bigint, (e->>1)::smallint, e->2 from jsonb_array_elements($1::jsonb) as e
), finished as (
  update task set status = 2, finished_at = now() where id = any ($2::text::bigint[])
)
update task as t
   set status = 1, worker = 1, lease = now() + interval '30 s'
  from (select ctid from task where status = 0 order by id limit $3::int for update skip locked) as free
 where t.ctid = free.ctid
returning t.id, t.context`;

/**
 * @param {ReturnType<typeof import('../workloads.mjs').graphOf>} graph
 * @param {(name: string, taskId: number) => Promise<object>} run what each step does
 */
export function leaseModel(graph, run) {
  return {
    tables: TABLES,
    enqueue: (connection, from, count) =>
      connection.query('enqueue', ENQUEUE, [tasksText(from, count)]),
    drain: (connection, batch, progress) => drain({ graph, run }, connection, { batch, progress }),
    async handOff(connection, id) {
      await connection.query('start', START, [id, JSON.stringify(contextOf(id))]);
      const memory = new Map([[id, freshTask(graph)]]);
      let running = graph.roots.map((position) => ({ taskId: id, position }));
      let handledAt = 0;
      while (running.length > 0) {
        const results = await handleAll({ graph, run }, running);
        handledAt = performance.now();
        const { ready, finished } = settle(graph, memory, running);
        await advance(connection, { running, results, finished, room: 0 });
        running = ready;
      }
      return handledAt;
    },
  };
}

/** Runs batches on one connection until no task is left; steps beyond the batch wait in memory. */
async function drain({ graph, run }, connection, { batch, progress }) {
  const memory = new Map();
  let running = [];
  let waiting = [];
  while (progress.left > 0) {
    const results = await handleAll({ graph, run }, running);
    const { ready: opened, finished } = settle(graph, memory, running);
    const ready = waiting.concat(opened);
    const room = ready.length >= batch ? 0 : Math.ceil((batch - ready.length) / graph.roots.length);
    const leased = await advance(connection, { running, results, finished, room });
    progress.left -= finished.length;
    for (const { id } of leased) {
      memory.set(id, freshTask(graph));
      for (const position of graph.roots) ready.push({ taskId: id, position });
    }
    if (ready.length === 0) await delay(1); // the other connections have what is left
    running = ready.slice(0, batch);
    waiting = ready.slice(batch);
  }
}

function handleAll({ graph, run }, running) {
  return Promise.all(running.map(({ taskId, position }) => run(graph.names[position], taskId)));
}

function freshTask(graph) {
  return { waitingOn: [...graph.waitingOn], left: graph.size };
}

/** Counts down in memory: which steps are ready now, which tasks are over. */
function settle(graph, memory, running) {
  const ready = [];
  const finished = [];
  for (const { taskId, position } of running) {
    const task = memory.get(taskId);
    for (const child of graph.children[position]) {
      task.waitingOn[child] -= 1;
      if (task.waitingOn[child] === 0) ready.push({ taskId, position: child });
    }
    task.left -= 1;
    if (task.left > 0) continue;
    finished.push(taskId);
    memory.delete(taskId);
  }
  return { ready, finished };
}

function advance(connection, { running, results, finished, room }) {
  const done = running.map(
    ({ taskId, position }, index) => `[${taskId},${position},${JSON.stringify(results[index])}]`,
  );
  return connection.query('advance', ADVANCE, [`[${done.join(',')}]`, arrayText(finished), room]);
}

function tasksText(from, count) {
  const tasks = Array.from(
    { length: count },
    (_, index) => `[${from + index},${JSON.stringify(contextOf(from + index))}]`,
  );
  return `[${tasks.join(',')}]`;
}
