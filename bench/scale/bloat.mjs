/** What a million steps that were created and drained leave behind: dead rows, empty space, and what autovacuum did about it. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { WORKLOADS } from '../workloads.mjs';
import { ask, placeOf } from './fresh.mjs';
import { HOT_TABLES, queryOnce, sizesOf } from './tables.mjs';
import { orders } from './throughput.mjs';

const TASKS = 200_000;

/** Autovacuum looks at a database once a minute, unless the server says otherwise. */
const QUIET_MS = 75_000;
const LONGEST_WAIT_MS = 6 * 60_000;
const LOOK_EVERY_MS = 2_000;

export const bloat = {
  title: 'a million steps created and drained',
  rounds: 1,
  rows: [
    { key: 'steps', title: 'steps created and drained', digits: 0 },
    ...tableRows('hot', (table) => `${table}: HOT updates, %`, 1, HOT_TABLES.slice(0, 2)),
    ...tableRows('dead', (table) => `${table}: dead rows after the drain`, 0),
    ...tableRows('before', (table) => `${table}: table, bytes per step after the drain`, 1),
    ...tableRows('after', (table) => `${table}: the same when autovacuum was done`, 1),
    ...tableRows('fresh', (table) => `${table}: the same packed (vacuum full, fillfactor 100)`, 1),
    ...tableRows('indexBefore', (table) => `${table}: indexes, bytes per step after the drain`, 1),
    ...tableRows('indexAfter', (table) => `${table}: the same when autovacuum was done`, 1),
    ...tableRows('indexFresh', (table) => `${table}: the same packed`, 1),
    ...tableRows('vacuums', (table) => `${table}: vacuums by autovacuum`, 0),
    ...tableRows('analyses', (table) => `${table}: analyses by autovacuum`, 0),
  ],
  measure(server, { quick, size }) {
    const tasks = quick ? 500 : Math.round(TASKS * size);
    return server.withFreshDatabase(async (database) => {
      await ask(orders(tasks), placeOf(server, database));
      const steps = tasks * WORKLOADS.W1.steps.length;
      const [before, drained] = [await statisticsOf(database.url), await sizesOf(database.url)];
      if (!quick) await untilVacuumed(database.url);
      const [after, vacuumed] = [await statisticsOf(database.url), await sizesOf(database.url)];
      await pack(database.url);
      const fresh = await sizesOf(database.url);
      return Object.assign(
        { steps },
        ...HOT_TABLES.map((table) => ({
          [`hot_${table}`]: hotShare(before[table]),
          [`dead_${table}`]: before[table].dead,
          [`before_${table}`]: drained[table].table / steps,
          [`after_${table}`]: vacuumed[table].table / steps,
          [`fresh_${table}`]: fresh[table].table / steps,
          [`indexBefore_${table}`]: drained[table].indexes / steps,
          [`indexAfter_${table}`]: vacuumed[table].indexes / steps,
          [`indexFresh_${table}`]: fresh[table].indexes / steps,
          [`vacuums_${table}`]: after[table].vacuums,
          [`analyses_${table}`]: after[table].analyses,
        })),
      );
    });
  },
};

function tableRows(key, title, digits, tables = HOT_TABLES) {
  return tables.map((table) => ({ key: `${key}_${table}`, title: title(table), digits }));
}

/** What the server has counted of each table; it is told by sessions at the latest when they end. */
async function statisticsOf(url) {
  const rows = await queryOnce(
    url,
    `select relname as name, n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as hot, n_dead_tup::float8 as dead,
            autovacuum_count::int as vacuums, autoanalyze_count::int as analyses
       from pg_stat_user_tables where schemaname = 'tasker'`,
  );
  return Object.fromEntries(rows.map(({ name, ...counts }) => [name, counts]));
}

/** Waits until autovacuum has done nothing for longer than it rests between its looks. */
async function untilVacuumed(url) {
  const startedAt = performance.now();
  let quietSince = startedAt;
  let seen = '';
  while (performance.now() - quietSince < QUIET_MS) {
    if (performance.now() - startedAt > LONGEST_WAIT_MS) return;
    await delay(LOOK_EVERY_MS);
    const [{ workers }] = await queryOnce(
      url,
      `select count(*)::int as workers from pg_stat_activity
        where backend_type = 'autovacuum worker' and datname = current_database()`,
    );
    const counts = JSON.stringify(
      Object.values(await statisticsOf(url)).map(({ vacuums, analyses }) => [vacuums, analyses]),
    );
    if (workers > 0 || counts !== seen) quietSince = performance.now();
    seen = counts;
  }
}

function hotShare({ hot, updates }) {
  return updates === 0 ? null : (hot / updates) * 100;
}

/** Packs the rows without the space that the tables leave free for their updates. */
async function pack(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const table of HOT_TABLES) {
    await client.query(`alter table tasker.${table} set (fillfactor = 100)`);
    await client.query(`vacuum full tasker.${table}`);
  }
  await client.end();
}
