/** The PostgreSQL server of a benchmark, and a fresh database on it for each run. */
import { randomBytes } from 'node:crypto';
import { totalmem } from 'node:os';
import pg from 'pg';
import { startPostgres } from '../scripts/postgres/launcher.mjs';

const MEGABYTE = 1024 * 1024;

/** As a small server of one's own would be set; everything else is PostgreSQL's default, so commits wait for the disk. */
function settings() {
  const quarterOfMemory = Math.floor(totalmem() / 4 / MEGABYTE);
  return {
    fsync: 'on',
    shared_buffers: `${Math.min(1024, quarterOfMemory)}MB`,
    max_wal_size: '8GB',
    checkpoint_timeout: '30min',
    max_connections: 200,
  };
}

/**
 * @returns {Promise<BenchServer>} the server at BENCH_DATABASE_URL, otherwise one of our own
 * @throws Error when there is neither
 */
export async function openServer() {
  const given = process.env.BENCH_DATABASE_URL;
  if (given) return BenchServer.connect({ url: given, own: null });
  const own = await startOwn();
  if (own === null)
    throw new Error('no PostgreSQL programs found: install PostgreSQL, or set BENCH_DATABASE_URL');
  try {
    return await BenchServer.connect({ url: own.url, own });
  } catch (error) {
    await own.dispose();
    throw error;
  }
}

/** With pg_stat_statements when the server's installation has it. */
async function startOwn() {
  try {
    return await startPostgres({
      settings: { ...settings(), shared_preload_libraries: 'pg_stat_statements' },
    });
  } catch (error) {
    if (!String(error).includes('pg_stat_statements')) throw error;
    return startPostgres({ settings: settings() });
  }
}

class BenchServer {
  #client;
  #own;

  constructor({ url, own, client, statements }) {
    this.url = url;
    this.#own = own;
    this.#client = client;
    /** How statements are counted: by `pg_stat_statements`, or by what the `client` sends. */
    this.statements = statements;
  }

  static async connect({ url, own }) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    if (own !== null) await createExtension(client);
    const statements = (await hasStatementCounter(client)) ? 'server' : 'client';
    return new BenchServer({ url, own, client, statements });
  }

  /** Null for a server that is not ours: its processes may be on another machine. */
  get postmasterPid() {
    return this.#own?.pid ?? null;
  }

  /** Where the data lies; null for a server that is not ours. */
  get dataDir() {
    return this.#own?.dataDir ?? null;
  }

  /** Creates a database, lets `use` work on it right after a checkpoint, and drops it whatever happens. */
  async withFreshDatabase(use) {
    const name = `tasker_bench_${randomBytes(6).toString('hex')}`;
    await this.#client.query(`create database ${name}`);
    try {
      await this.#client.query('checkpoint');
      const url = new URL(this.url);
      url.pathname = `/${name}`;
      return await use({ name, url: url.href });
    } finally {
      await this.#client.query(`drop database if exists ${name} with (force)`);
    }
  }

  /** @returns {Promise<Readonly<Record<string, string>>>} the settings by which runs differ */
  async settings() {
    const names = [
      'server_version',
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'shared_buffers',
      'max_wal_size',
      'checkpoint_timeout',
    ];
    const { rows } = await this.#client.query(
      'select name, current_setting(name) as value from unnest($1::text[]) as name',
      [names],
    );
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  async close() {
    await this.#client.end();
    await this.#own?.dispose();
  }
}

async function createExtension(client) {
  const { rows } = await client.query(
    "select current_setting('shared_preload_libraries') as libraries",
  );
  if (rows[0].libraries.includes('pg_stat_statements'))
    await client.query('create extension pg_stat_statements');
}

async function hasStatementCounter(client) {
  try {
    await client.query('select count(*) from pg_stat_statements(false)');
    return true;
  } catch (error) {
    // Not created here, not preloaded, or not for this user.
    if (['42883', '55000', '42501'].includes(error.code)) return false;
    throw error;
  }
}
