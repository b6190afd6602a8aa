/** How large the engine's tables are, and how they are kept. */
import pg from 'pg';

/** Those that change with every task. */
export const HOT_TABLES = ['tasks', 'workflow_steps', 'ready_steps', 'open_tasks'];

/**
 * @param {string} url
 * @returns {Promise<Readonly<Record<string, { table: number, indexes: number }>>>} bytes by name of table; the table includes what is
 *   stored out of line
 */
export async function sizesOf(url) {
  const rows = await queryOnce(
    url,
    `select c.relname as name, pg_table_size(c.oid)::float8 as table, pg_indexes_size(c.oid)::float8 as indexes
       from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'tasker' and c.relkind = 'r'`,
  );
  return Object.fromEntries(rows.map(({ name, table, indexes }) => [name, { table, indexes }]));
}

/** One statement on a connection of its own. */
export async function queryOnce(url, text, values = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
