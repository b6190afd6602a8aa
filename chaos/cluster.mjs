/**
 * A primary, a standby that streams from it, and what can be done to them.
 *
 * I1: what is done to the servers is done one after the other (`#lock`).
 * I2: with `isSync` an acknowledged commit is on the disk of both servers: a failover begins only while that is so.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres } from '../scripts/postgres/launcher.mjs';
import { tcpProxy } from './proxy.mjs';

const SETTINGS = {
  fsync: 'on',
  max_connections: 200,
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '200ms',
  max_wal_size: '2GB',
  log_min_messages: 'fatal',
};
const SYNC_TIMEOUT_MS = 60_000;
/** Every session has seen a changed setting by then. */
const SETTLE_MS = 200;

/** @returns {Promise<Cluster | null>} null where there are no PostgreSQL programs */
export async function openCluster() {
  const primary = await startPostgres({ settings: SETTINGS });
  return primary === null ? null : new Cluster(primary);
}

class Cluster {
  #primary;
  #standby = null;
  /** Between the standby and its primary, to freeze it. */
  #replication = null;
  #pool;
  #lock = Promise.resolve();
  #moved = [];

  /** When the database was away, and why: { kind, fromMs, toMs } by this process's clock; `toMs` is null while it is. */
  outages = [];

  constructor(primary) {
    this.#primary = primary;
    this.#pool = openPool(primary.url);
  }

  get url() {
    return this.#primary.url;
  }

  get version() {
    return this.#primary.version;
  }

  /** Calls back with the address of the new primary, before anything else happens. */
  onMove(listener) {
    this.#moved.push(listener);
  }

  /** Rows of a statement, asked on the primary itself, past every proxy. */
  async ask(text, values = []) {
    const { rows } = await this.#pool.query(text, values);
    return rows;
  }

  /** A standby that has everything; commits wait for it when it shall be `isSync`. */
  withStandby(isSync) {
    return this.#alone(() => this.#withStandby(isSync));
  }

  kill() {
    return this.#alone(() =>
      this.#outage('postgres-kill', async () => {
        await this.#primary.kill();
        await this.#primary.restart();
      }),
    );
  }

  restart() {
    return this.#alone(() => this.#outage('postgres-restart', () => this.#primary.restart()));
  }

  /** Kills the primary, promotes the standby, and makes a new one. Answers when the new primary took over. */
  failover() {
    return this.#alone(async () => {
      await this.#withStandby(true); // I2
      const takenOverAt = await this.#takeOver('failover');
      await this.#withStandby(true);
      return takenOverAt;
    });
  }

  /** The same with a standby that is `frozenMs` behind: what is committed in that time is lost. Answers the moments. */
  asyncFailover(frozenMs) {
    return this.#alone(async () => {
      await this.#withStandby(false);
      const frozenAt = Date.now();
      this.#replication.blackhole();
      await delay(frozenMs);
      const takenOverAt = await this.#takeOver('async-failover');
      return { frozenAt, takenOverAt };
    });
  }

  async close() {
    await this.#lock;
    await this.#pool.end();
    await this.#replication?.close();
    await this.#standby?.dispose();
    await this.#primary.dispose();
  }

  /** I1 */
  #alone(work) {
    const done = this.#lock.then(work);
    this.#lock = done.catch(() => undefined);
    return done;
  }

  async #outage(kind, work) {
    const outage = { kind, fromMs: Date.now(), toMs: null };
    this.outages.push(outage);
    await work();
    outage.toMs = Date.now();
    return outage.toMs;
  }

  async #takeOver(kind) {
    const old = this.#primary;
    const at = await this.#outage(kind, async () => {
      await old.kill();
      await this.#standby.promote();
      this.#primary = this.#standby;
      for (const listener of this.#moved) listener(this.url);
    });
    this.#standby = null;
    await this.#replication.close();
    await this.#pool.end();
    this.#pool = openPool(this.url);
    await old.dispose();
    return at;
  }

  async #withStandby(isSync) {
    if (this.#standby === null) {
      this.#replication = await tcpProxy(this.url);
      this.#standby = await startPostgres({
        settings: SETTINGS,
        copyOf: { url: this.url, through: this.#replication.url },
      });
    }
    await this.ask(`alter system set synchronous_standby_names = '${isSync ? '*' : ''}'`);
    await this.ask('select pg_reload_conf()');
    await this.#until(`sync_state = '${isSync ? 'sync' : 'async'}'`);
    await delay(SETTLE_MS);
    const [{ lsn }] = await this.ask('select pg_current_wal_lsn() as lsn');
    await this.#until(`flush_lsn >= '${lsn}'`); // what was acknowledged before commits began to wait
  }

  async #until(condition) {
    const deadline = Date.now() + SYNC_TIMEOUT_MS;
    for (;;) {
      const rows = await this.ask(
        `select from pg_stat_replication where state = 'streaming' and application_name = 'standby' and ${condition}`,
      );
      if (rows.length > 0) return;
      if (Date.now() > deadline) throw new Error(`the standby did not reach: ${condition}`);
      await delay(50);
    }
  }
}

function openPool(url) {
  const pool = new pg.Pool({
    connectionString: url,
    max: 3,
    application_name: 'chaos',
    connectionTimeoutMillis: 5_000,
    options: '-c synchronous_commit=local', // what the rig itself writes need not be anywhere else
  });
  pool.on('error', () => undefined); // the server was killed: the next question opens another connection
  return pool;
}
