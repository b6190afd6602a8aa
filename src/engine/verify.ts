import type { Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import { DEFAULT_JSON_LIMITS } from '../kernel/json.ts';
import type { Connection, Db, Row } from '../db/db.ts';
import { PLAN_FREELY } from '../db/plan-settings.ts';
import { sqlState } from '../db/failure.ts';
import { LAWS } from '../store/audit/index.ts';
import { GRACE_MS, type Law, MAX_BYTES, NOW, SINCE } from '../store/audit/law.ts';
import type { Tables } from '../store/tables.ts';
import type { Violation } from './types.ts';

/** What an audit looks at, and how long it may take. */
export interface VerifyOptions {
  /** Only tasks with this id or a greater one. Definitions, workers and mapped objects are always looked at. @default 0 (all) */
  readonly sinceTaskId?: number;
  /** The largest value that the engine stores, in bytes of JSON text. @default 1048576 */
  readonly maxValueBytes?: number;
  /**
   * How long what takes two transactions may be found half done: a task whose last step has failed but that is not yet settled, a
   * step that was claimed for a worker in the moment of its stop. 0 fits a database on which nothing runs. @default 15000 (15 seconds)
   */
  readonly graceMs?: Milliseconds;
  /** How long one law may take; a large database needs more, or a `sinceTaskId`. @default 300000 (5 minutes) */
  readonly statementTimeoutMs?: Milliseconds;
}

/** At most so many broken rows of one law are shown; `count` says how many there are. */
const SHOWN_ROWS = 20;

/**
 * Checks every law of the data (`store/audit`) over the live database and answers those that are broken, in the order of the laws.
 *
 * Everything is read in one transaction, `repeatable read` and `read only`: the laws see one moment, and nothing can be changed or
 * locked against writers. The time is the database's at that moment. Running engines are not disturbed, but the transaction holds
 * back vacuum while it lasts.
 *
 * @throws AUDIT_TIMEOUT when a law takes longer than `statementTimeoutMs` (PGlite has no such limit); DATABASE_UNAVAILABLE
 */
export async function verify(
  db: Db,
  t: Tables,
  options: VerifyOptions = {},
): Promise<readonly Violation[]> {
  const timeoutMs = Math.round(options.statementTimeoutMs ?? 300_000);
  return db.transaction(async (tx) => {
    await tx.query({ text: 'set transaction isolation level repeatable read read only' });
    await tx.query({ text: `set local statement_timeout = ${timeoutMs}` });
    await tx.script(PLAN_FREELY);
    const [clock] = (await tx.query({ text: `select ${t.clock}::text as now` })).rows;
    const values = [
      options.sinceTaskId ?? 0,
      clock?.['now'],
      options.maxValueBytes ?? DEFAULT_JSON_LIMITS.maxBytes,
      options.graceMs ?? 15_000,
    ];
    const violations: Violation[] = [];
    for (const law of LAWS) {
      const violation = await check(tx, { law, t, values, timeoutMs });
      if (violation !== null) violations.push(violation);
    }
    return violations;
  });
}

interface Check {
  readonly law: Law;
  readonly t: Tables;
  readonly values: readonly unknown[];
  readonly timeoutMs: Milliseconds;
}

const QUERY_CANCELED = '57014';

async function check(tx: Connection, given: Check): Promise<Violation | null> {
  const { law } = given;
  const rows = await brokenRows(tx, given);
  if (rows.length === 0) return null;
  return {
    invariant: law.id,
    title: law.title,
    count: Number(rows[0]?.['all_broken_rows']),
    rows: rows.map(withoutCount),
  };
}

async function brokenRows(
  tx: Connection,
  { law, t, values, timeoutMs }: Check,
): Promise<readonly Row[]> {
  // The outer condition names all parameters, so that a law need not use each of them.
  const text = `
select broken.*, (count(*) over ())::int as all_broken_rows
  from (${law.sql(t)}
       ) as broken
 where ${SINCE} is not null and ${NOW} is not null and ${MAX_BYTES} is not null and ${GRACE_MS} is not null
 limit ${SHOWN_ROWS}`;
  try {
    return (await tx.query({ text, values, answerWithinMs: timeoutMs + 5_000 })).rows;
  } catch (error) {
    if (sqlState(error) !== QUERY_CANCELED) throw error;
    throw new TaskerError('AUDIT_TIMEOUT', { law: law.id, timeoutMs }, { cause: error });
  }
}

function withoutCount(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'all_broken_rows'));
}
