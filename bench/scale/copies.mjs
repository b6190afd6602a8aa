/** Millions of finished tasks: copies of one that the engine ran, written straight into the tables. */
import pg from 'pg';

const SLICE = 50_000;

/** Moments are moved into the past, the later tasks less far, so that they spread over this time. */
const SPREAD = "interval '90 days'";

const COPIED = ['tasks', 'workflow_steps'];

/**
 * Copies the task `from` until there are `tasks` more. Every column is as the engine left it, but for the ids, the moments, and the
 * `cart_id` of the context, which is each task's own. Pages are as full as those of the tasks that are there already, which the engine
 * should have run: rows grow in the room that a page has left for that. Indexes that are no keys are made anew afterwards.
 *
 * @param {string} url
 * @param {{ from: number, tasks: number }} copies
 */
export async function copyTask(url, { from, tasks }) {
  const [first, second] = await Promise.all([connect(url), connect(url)]);
  try {
    const undo = [...(await packPages(first)), ...(await dropIndexes(first))];
    const { rows } = await first.query('select max(task_id)::int as last from tasker.tasks');
    const range = { from, first: rows[0].last + 1, last: rows[0].last + tasks };
    const work = [fill(first, 'tasks', range), fill(second, 'workflow_steps', range)];
    await Promise.all(work);
    await first.query(`select setval('tasker.tasks_task_id_seq', $1)`, [range.last]);
    for (const text of undo) await first.query(text);
    await Promise.all([
      first.query('vacuum analyze tasker.tasks'),
      second.query('vacuum analyze tasker.workflow_steps'),
    ]);
    await first.query('checkpoint');
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("set maintenance_work_mem = '512MB'; set synchronous_commit = off");
  return client;
}

/** Sets how full pages are filled to how full they are. @returns {Promise<readonly string[]>} what undoes it */
async function packPages(client) {
  const undo = [];
  for (const table of COPIED) {
    await client.query(`vacuum tasker.${table}`);
    const { rows } = await client.query(`
      select (100 * sum(pg_column_size(t.*) + 8) / pg_relation_size('tasker.${table}'))::int as share,
             (select option_value from pg_class, pg_options_to_table(reloptions)
               where oid = 'tasker.${table}'::regclass and option_name = 'fillfactor') as usual
        from tasker.${table} as t`);
    const [{ share, usual }] = rows;
    await client.query(
      `alter table tasker.${table} set (fillfactor = ${Math.min(100, Math.max(10, share))})`,
    );
    undo.push(
      `alter table tasker.${table} ${usual === null ? 'reset (fillfactor)' : `set (fillfactor = ${usual})`}`,
    );
  }
  return undo;
}

/** @returns {Promise<readonly string[]>} what makes them again */
async function dropIndexes(client) {
  const { rows } = await client.query(`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as text
      from pg_index as i
     where i.indrelid in ('tasker.tasks'::regclass, 'tasker.workflow_steps'::regclass) and not i.indisunique`);
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ text }) => text);
}

async function fill(client, table, { from, first, last }) {
  const { rows: columns } = await client.query(
    `select column_name as name, data_type as type from information_schema.columns
      where table_schema = 'tasker' and table_name = $1 order by ordinal_position`,
    [table],
  );
  const names = columns.map(({ name }) => name);
  const text = `
    insert into tasker.${table} (${names.join(', ')})
    ${table === 'tasks' ? 'overriding system value' : ''}
    select ${columns.map(valueOf).join(', ')}
      from generate_series($1::int, $2::int) as n cross join tasker.${table} as t
     where t.task_id = $3
     order by ${table === 'tasks' ? 'n' : 'n, t.position'}`;
  for (let at = first; at <= last; at += SLICE)
    await client.query(text.replaceAll('{total}', String(last)), [
      at,
      Math.min(last, at + SLICE - 1),
      from,
    ]);
}

function valueOf({ name, type }) {
  if (name === 'task_id') return 'n';
  if (name === 'context') return `t.context || jsonb_build_object('cart_id', n)`;
  if (type === 'timestamp with time zone')
    return `t.${name} - ${SPREAD} * (({total} - n) / {total}::float8)`;
  return `t.${name}`;
}
