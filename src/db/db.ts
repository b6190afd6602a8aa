/** A row as the driver gives it: column name to value. int8 arrives as number, json as parsed value, timestamptz as Date. */
export type Row = Readonly<Record<string, unknown>>;

/** One statement. `name` makes the connection prepare it once and reuse the plan. */
export interface Statement {
  readonly text: string;
  /** Bound values. Lists and objects are passed as JSON text by the caller; arrays of numbers or strings become SQL arrays. */
  readonly values?: readonly unknown[];
  readonly name?: string;
  /** How long to wait for the answer, in milliseconds, for a statement that may take long. @default 35000 */
  readonly answerWithinMs?: number;
}

export interface QueryResult {
  readonly rows: readonly Row[];
  /** Rows that the statement's command tag counts (inserted, updated, deleted or selected). */
  readonly rowCount: number;
}

/**
 * Something that runs statements: a database or an open transaction.
 *
 * I1: a write whose answer lacks the expected command tag throws `DATABASE_FAULT`: silence is never success.
 * I2: a connection in doubt (socket error, timeout, protocol error) is destroyed, never used again.
 */
export interface Connection {
  query(statement: Statement): Promise<QueryResult>;
}

/** An open transaction. Using it after its end throws. */
export interface Transaction extends Connection {
  /** Runs a text of several statements without parameters (a migration). */
  script(text: string): Promise<void>;
}

/** The connections of a pool at one moment. */
export interface PoolCounts {
  /** Open ones, busy and idle. */
  readonly total: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}

/** A database: a pool of real connections, or PGlite's single session. */
export interface Db extends Connection {
  readonly kind: 'postgres' | 'pglite';
  /** What survives: `sync` commit to disk, `async` commit, or only `process` death (PGlite runs without fsync). */
  durability(): Promise<'sync' | 'async' | 'process'>;
  /**
   * Runs `work` in one transaction: commits when it returns, rolls back when it throws. Deadlocks and serialization failures
   * (40P01, 40001) are retried with jitter, at most 5 times, so `work` must have no effect outside the database.
   * A commit that answers ROLLBACK throws.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Runs a text of several statements without parameters (migrations). */
  script(text: string): Promise<void>;
  /**
   * Calls `onNotify` for every NOTIFY on the channel, on a connection of its own that reconnects by itself; `onGap` is called after
   * each (re)connection, because hints may have been missed before it. Neither may throw. Resolves once listening; the answer stops it.
   */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>>;
  /** How a helper thread can open a connection of its own, or null when it cannot (a pool we were given, PGlite). */
  readonly threadConnection: { readonly connectionString: string } | null;
  /** Connections of the pool now, or null where there is none or it does not tell. Absent = null. */
  readonly connections?: () => PoolCounts | null;
  /** Closes what this object opened; a pool that was given stays open. Twice is fine. */
  close(): Promise<void>;
}
