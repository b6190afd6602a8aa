import { SATISFYING } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

/**
 * One law of the data: what must be true of the stored rows whatever happened to the processes that wrote them.
 *
 * `sql` answers the rows that break it, so an empty answer means that it holds. It is one `select` without a final semicolon, and it
 * may use the parameters below; whoever runs it counts and limits the rows.
 */
export interface Law {
  /** A short name in kebab-case: the name of the file, and `invariant` of a violation. */
  readonly id: string;
  /** The law as one sentence. */
  readonly title: string;
  /** What a broken row means, and what is affected by it. */
  readonly explain: string;
  readonly sql: (t: Tables) => string;
}

/** Parameter: the first task id that is looked at. */
export const SINCE = '$1::bigint';

/** Parameter: the database's time at the start of the audit, so that a long audit does not see old rows in a new light. */
export const NOW = '$2::timestamptz';

/** Parameter: the largest stored value, in bytes of JSON text. */
export const MAX_BYTES = '$3::bigint';

/** Parameter: how long something that takes the engine two transactions may be found half done, in milliseconds. */
export const GRACE_MS = '$4::float8';

/** The statuses that satisfy a dependent, as an SQL list. */
export const SATISFIED = `(${[...SATISFYING].map((status) => `'${status}'`).join(', ')})`;

/**
 * How much earlier than its cause a statement may be stamped without a race having gone wrong: a statement takes its time first and
 * its snapshot afterwards, and what commits between the two is visible to it.
 */
export const SNAPSHOT_GAP = "interval '250 milliseconds'";

/** How long a statement may have waited for a row lock after it took its time: the sessions' lock_timeout. */
export const LOCK_WAIT = "interval '10 seconds'";
