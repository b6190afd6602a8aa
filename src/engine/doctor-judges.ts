import { formatDuration, type Milliseconds } from '../kernel/duration.ts';
import type { Db } from '../db/db.ts';
import type { ConnectionFacts } from '../store/audit/health/read-connections.ts';
import type { QueueFacts } from '../store/audit/health/read-queues.ts';
import type { ServerFacts } from '../store/audit/health/read-server.ts';
import type { TableFacts, TablesFacts } from '../store/audit/health/read-tables.ts';
import type { TransactionFacts } from '../store/audit/health/read-transactions.ts';
import type { WorkerFacts } from '../store/audit/health/read-workers.ts';
import type { DoctorFinding } from './types.ts';

type Findings = readonly DoctorFinding[];

const OLDEST_VERSION = 140_000;
const MAX_CLOCK_OFFSET_MS: Milliseconds = 1_000;
const LONG_WAIT_MS: Milliseconds = 30_000;
const LONG_TRANSACTION_MS: Milliseconds = 10 * 60_000;
const MANY_DEAD_ROWS = 10_000;

/** Whether the engine can work with this server at all. */
export function judgeServer(facts: ServerFacts, kind: Db['kind']): DoctorFinding {
  const name = `PostgreSQL ${facts.version}${kind === 'pglite' ? ', embedded (PGlite)' : ''}`;
  if (facts.versionNumber < OLDEST_VERSION) {
    return problem('server', `${name} is too old`, 'Use PostgreSQL 14 or later.');
  }
  if (facts.readOnly) {
    return problem(
      'server',
      `${name} accepts no writes: it is a standby, or read-only by default`,
      'Connect to the primary server.',
    );
  }
  return ok('server', name);
}

/**
 * @param offsetMs the database's time minus this machine's, taken in the middle of the round trip
 * @param roundTripMs half of it is how far off the measurement may be
 */
export function judgeClock(offsetMs: Milliseconds, roundTripMs: Milliseconds): DoctorFinding {
  const size = formatDuration(Math.abs(offsetMs));
  if (Math.abs(offsetMs) - roundTripMs / 2 <= MAX_CLOCK_OFFSET_MS) {
    return ok(
      'clock',
      `This machine and the database agree within ${formatDuration(MAX_CLOCK_OFFSET_MS)}`,
    );
  }
  return warning(
    'clock',
    `The clock of the database is ${size} ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    'Synchronise both (NTP). Steps are scheduled by the database clock alone, but log lines and requested_at of this machine differ from it.',
  );
}

/** What a crash can take away. */
export function judgeDurability(level: Awaited<ReturnType<Db['durability']>>): DoctorFinding {
  switch (level) {
    case 'sync':
      return ok(
        'durability',
        'What was acknowledged is on disk: it survives a crash of the server',
      );
    case 'async':
      return warning(
        'durability',
        'The server acknowledges before it writes to disk: a crash of it may lose the last moments of acknowledged work',
        'Set synchronous_commit = on and fsync = on, unless that loss is acceptable.',
      );
    case 'process':
      return warning(
        'durability',
        'The embedded database survives the end of this process, but not a power failure or a crash of the operating system',
        'Use a PostgreSQL server for what must survive those.',
      );
  }
}

/** Whether the next worker will still find a connection. */
export function judgeConnections({ used, limit }: ConnectionFacts): DoctorFinding {
  const message = `${used} of ${limit} connections are in use`;
  const hint =
    'Close idle clients, use smaller pools, put a pooler in between, or raise max_connections.';
  if (used >= limit * 0.95) return problem('connections', message, hint);
  return used >= limit * 0.8 ? warning('connections', message, hint) : ok('connections', message);
}

/** Long transactions slow every claim down, because dead queue rows cannot be removed while one is open. */
export function judgeTransactions({ long, complete }: TransactionFacts): Findings {
  const findings = long.map(({ pid, name, state, ageMs }) => {
    const who =
      pid === null
        ? `Prepared transaction ${name}`
        : `Process ${pid}${name === '' ? '' : ` (${name})`}, ${state},`;
    const message = `${who} has been open for ${formatDuration(ageMs)} and keeps dead rows from being removed`;
    const hint =
      pid === null
        ? `Finish it: rollback prepared '${name.replaceAll("'", "''")}'.`
        : `End it: select pg_terminate_backend(${pid}).`;
    return ageMs >= LONG_TRANSACTION_MS
      ? problem('transactions', message, hint)
      : warning('transactions', message, hint);
  });
  if (findings.length > 0) return findings;
  return complete
    ? [ok('transactions', 'No transaction has been open for more than a minute')]
    : [
        ok(
          'transactions',
          "No transaction of this user has been open for more than a minute; other users' are not visible to it",
        ),
      ];
}

/** Who works, who has gone silent, and what they left behind. */
export function judgeWorkers(facts: WorkerFacts): Findings {
  const { alive, silent, lost, abandonedSteps, lostAttempts } = facts;
  const counts = `${alive} alive, ${silent} silent, ${lost} lost in the last hour`;
  const workers =
    silent > 0 || lost > 0
      ? warning(
          'workers',
          counts,
          'A worker that stops renewing its lease was killed, paused or blocked: look at its log and its memory.',
        )
      : ok('workers', counts);
  if (abandonedSteps > 0) {
    const message = `${abandonedSteps} steps are held by workers that are gone`;
    const hint =
      alive > 0
        ? 'A running worker gives them back within seconds; run `tasker verify` if they stay.'
        : 'Start a worker: it gives them back.';
    return [workers, warning('leases', message, hint)];
  }
  if (lostAttempts > 0) {
    const message = `${lostAttempts} attempts were lost with their worker in the last hour; their steps were given back`;
    return [
      workers,
      warning(
        'leases',
        message,
        'See the attempts with the outcome `lost` in `tasker tasks show`.',
      ),
    ];
  }
  return [workers, ok('leases', 'Every running step is held by a worker that is alive')];
}

/** What waits, for how long, and for whom. */
export function judgeQueues(queues: readonly QueueFacts[]): Findings {
  if (queues.length === 0) return [ok('queues', 'Nothing waits')];
  return queues.map(({ queue, due, oldestDueMs, later, nextInMs, workers }) => {
    const oldest = oldestDueMs === null ? '' : `, the first for ${formatDuration(oldestDueMs)}`;
    const next = nextInMs === null ? '' : `, the next in ${formatDuration(nextInMs)}`;
    const message = `Queue ${queue}: ${due} due${oldest}; ${later} wait for a retry${next}; ${workers} workers serve it`;
    if (oldestDueMs === null || oldestDueMs < LONG_WAIT_MS) return ok('queues', message);
    if (workers === 0)
      return problem('queues', message, `Start a worker that serves queue ${queue}.`);
    return warning(
      'queues',
      message,
      'Add workers or slots; if they are idle, they lack the handler of these steps (see their log).',
    );
  });
}

/** Dead rows slow claims down; a table that is mostly dead has not been vacuumed, or could not be. */
export function judgeTables({ autovacuum, tables }: TablesFacts, schema: string): Findings {
  const findings: DoctorFinding[] = tables
    .filter(isBloated)
    .map(({ table, live, dead, bytes, vacuumedAgoMs }) => {
      const vacuumed =
        vacuumedAgoMs === null ? 'never vacuumed' : `vacuumed ${formatDuration(vacuumedAgoMs)} ago`;
      const message = `Table ${table} has ${dead} dead rows and ${live} live ones (${(bytes / 1_048_576).toFixed(1)} MiB, ${vacuumed})`;
      return warning(
        'tables',
        message,
        `End long transactions first, then: vacuum "${schema}".${table};`,
      );
    });
  if (!autovacuum)
    findings.push(
      problem(
        'tables',
        'Autovacuum is off: tables grow and claims slow down',
        'Set autovacuum = on.',
      ),
    );
  return findings.length > 0
    ? findings
    : [ok('tables', 'Few dead rows in the tables that change all the time')];
}

function isBloated({ live, dead }: TableFacts): boolean {
  return dead > MANY_DEAD_ROWS && dead > live;
}

/** A check that found nothing wrong. */
export function ok(check: string, message: string): DoctorFinding {
  return { check, level: 'ok', message };
}

/** Something that works, but worse than it could, or that may soon not work. */
export function warning(check: string, message: string, hint: string): DoctorFinding {
  return { check, level: 'warning', message, hint };
}

/** Something that does not work. */
export function problem(check: string, message: string, hint: string): DoctorFinding {
  return { check, level: 'problem', message, hint };
}
