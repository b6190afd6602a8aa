/**
 * What a stretch of work cost, seen from outside: time, write-ahead log, statements, commits, and processor time of this process
 * and of PostgreSQL. The meter has its own connection, to another database than the one that is measured.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Linux counts processor time in hundredths of a second for every user program, whatever the kernel's own tick is. */
const TICK_US = 10_000;

const READ_SERVER = `
  select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as "walBytes", $1::text as database`;
const READ_SERVER_AND_STATEMENTS = `
  select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as "walBytes",
         (select coalesce(sum(s.calls), 0)::float8
            from pg_stat_statements(false) as s join pg_database as d on d.oid = s.dbid
           where d.datname = $1) as statements`;

/**
 * @typedef {object} Cost
 * @property {number} ms
 * @property {number} walBytes of the whole server: it has nothing else to do
 * @property {number} statements of the measured database, transaction control included
 * @property {number} nodeUs processor time of this process
 * @property {number | null} postgresUs processor time of all processes of the server; null where it cannot be seen
 */

export class Meter {
  #client;
  #database;
  #postmasterPid;
  #countStatements;

  constructor({ client, database, postmasterPid, countStatements }) {
    this.#client = client;
    this.#database = database;
    this.#postmasterPid = postmasterPid;
    this.#countStatements = countStatements;
  }

  /**
   * @param {{ adminUrl: string, database: string, postmasterPid: number | null, statements: 'server' | 'client' }} job
   *   `statements`: count with pg_stat_statements, or count what this process sends.
   */
  static async open({ adminUrl, database, postmasterPid, statements }) {
    const countStatements = statements === 'client' ? countSentStatements() : null;
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    return new Meter({ client, database, postmasterPid, countStatements });
  }

  /**
   * Does the work and says what it cost.
   *
   * @param {() => Promise<void>} work
   * @returns {Promise<Cost>}
   */
  async measure(work) {
    const before = await this.#read();
    const start = performance.now();
    await work();
    const ms = performance.now() - start;
    const after = await this.#read();
    return {
      ms,
      walBytes: after.walBytes - before.walBytes,
      statements: after.statements - before.statements,
      nodeUs: after.nodeUs - before.nodeUs,
      postgresUs: before.postgresUs === null ? null : after.postgresUs - before.postgresUs,
    };
  }

  /**
   * Transactions committed in the measured database so far. A session reports its own at the latest when it ends, so this waits
   * until the database has no sessions: close them first.
   */
  async commits() {
    const busy = `select count(*)::int as sessions from pg_stat_activity where datname = $1 and backend_type = 'client backend'`;
    while ((await this.#client.query(busy, [this.#database])).rows[0].sessions > 0) await delay(5);
    return this.commitsReported();
  }

  /** The same without waiting: what open sessions did in their last second may be missing. */
  async commitsReported() {
    const text = 'select xact_commit::float8 as commits from pg_stat_database where datname = $1';
    return (await this.#client.query(text, [this.#database])).rows[0].commits;
  }

  async close() {
    await this.#client.end();
  }

  async #read() {
    const { user, system } = process.cpuUsage();
    const text = this.#countStatements === null ? READ_SERVER_AND_STATEMENTS : READ_SERVER;
    const { rows } = await this.#client.query(text, [this.#database]);
    return {
      walBytes: rows[0].walBytes,
      statements: rows[0].statements ?? this.#countStatements(),
      nodeUs: user + system,
      postgresUs: this.#postmasterPid === null ? null : familyCpuUs(this.#postmasterPid),
    };
  }
}

/** Processor time of a process and its children, the ended ones included; null where /proc does not tell. */
export function familyCpuUs(pid) {
  const parent = processTimes(pid);
  if (parent === null) return null;
  let ticks = parent.own + parent.ended;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const child = processTimes(name);
    if (child?.parent === pid) ticks += child.own + child.ended;
  }
  return ticks * TICK_US;
}

function processTimes(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // a name may hold spaces and parentheses
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), own: utime + stime, ended: cutime + cstime };
  } catch {
    return null; // it ended, or this system has no /proc
  }
}

/** Counts every statement that a client of `pg` in this process sends. The meter's own few are among them. */
function countSentStatements() {
  let sent = 0;
  const original = Reflect.get(pg.Client.prototype, 'query');
  pg.Client.prototype.query = function countingQuery(...args) {
    sent += 1;
    return Reflect.apply(original, this, args);
  };
  return () => sent;
}
