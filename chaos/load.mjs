/** One stretch of work under attack on one database: fleet, callers, and how it comes to its end. */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const WATCH_MS = 250;
/** Work is stranded when nothing has moved for so long: more than the longest rest that anything takes. */
const STUCK_MS = 90_000;

/** How many tasks are open, looked at over and over, so that callers know whether there is room. */
export class OpenTasks {
  #ask;
  #state;
  #limit;
  #open = 0;
  #isKnown = false;
  #isStopped = false;
  #watching;

  constructor({ cluster, schema, limit }) {
    this.#limit = limit;
    this.#ask = () =>
      cluster.ask(`select count(*)::int as open from ${schema}.tasks where settled_at is null`);
    this.#state = async () => {
      const [row] = await cluster.ask(stateText(schema));
      return `${row.open} ${row.attempts} ${row.done}`;
    };
    this.#watching = this.#watch();
  }

  get count() {
    return this.#open;
  }

  hasRoom = () => this.#isKnown && this.#open < this.#limit;

  /** Resolves with true once no task is open; false when some are and nothing moves any more. */
  async areGone() {
    let [seen, movedAt] = [null, Date.now()];
    for (;;) {
      const now = await this.#state().catch(() => null); // the server was killed a moment ago
      if (now?.startsWith('0 ')) return true;
      if (now !== null && now !== seen) [seen, movedAt] = [now, Date.now()];
      if (Date.now() - movedAt > STUCK_MS) return false;
      await delay(WATCH_MS);
    }
  }

  async stop() {
    this.#isStopped = true;
    await this.#watching;
  }

  async #watch() {
    while (!this.#isStopped) {
      try {
        const [{ open }] = await this.#ask();
        this.#open = open;
        this.#isKnown = true;
      } catch {
        this.#isKnown = false; // the server is away: nobody knows whether there is room
      }
      await delay(WATCH_MS);
    }
  }
}

function stateText(schema) {
  return `
    select count(distinct t.task_id) as open, coalesce(sum(s.attempts), 0) as attempts,
           count(*) filter (where s.status in ('complete', 'error')) as done
      from ${schema}.tasks as t join ${schema}.workflow_steps as s on s.task_id = t.task_id
     where t.settled_at is null`;
}

/** What keeps tasks open, and who is there, for the report of a failure. */
export async function describeOpen(cluster, schema) {
  const rows = await cluster.ask(`
    select s.task_id, s.position, s.status, s.attempts, s.waiting_on, s.worker_id, w.lost_at is not null as is_lost,
           q.ready_at is not null as is_queued
      from ${schema}.workflow_steps as s
      join ${schema}.tasks as t on t.task_id = s.task_id
      left join ${schema}.ready_steps as q on q.task_id = s.task_id and q.position = s.position
      left join ${schema}.workers as w on w.worker_id = s.worker_id
     where t.settled_at is null and s.status not in ('complete', 'skipped', 'cancelled')
     order by 1, 2 limit 20`);
  const workers = await cluster.ask(
    `select * from ${schema}.workers where stopped_at is null order by worker_id desc limit 12`,
  );
  const sessions = await cluster.ask(
    `select application_name, state, wait_event, now() - query_start as since, left(query, 80) as query
       from pg_stat_activity where backend_type = 'client backend'`,
  );
  return [...rows, ...workers, ...sessions].map((row) => JSON.stringify(row)).join('\n');
}

/** The laws that `tasker verify` checks. @returns {Promise<readonly string[]>} those that are broken */
export async function brokenLaws({ scratch, cluster, schema }) {
  const command = [scratch.cli, 'verify', '--json', '--schema', schema];
  const env = { ...process.env, DATABASE_URL: cluster.url };
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    cwd: scratch.directory,
    env,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error) => error); // exit code 1 says that a law is broken
  const { ok, violations } = JSON.parse(stdout || '{}');
  if (ok === true) return [];
  if (violations === undefined) return [`tasker verify did not answer: ${stdout}`];
  return violations.map(
    ({ invariant, count, rows }) =>
      `the law ${invariant} is broken by ${count} rows, such as ${JSON.stringify(rows[0])}`,
  );
}
