import pg from 'pg';

import { TaskerError } from '../kernel/errors.ts';
import type { Db, QueryResult, Statement, Transaction } from './db.ts';
import { isDoubtful, retryConflicts, toCallerError, unavailable } from './failure.ts';
import { listenOn } from './listen.ts';
import { asPoolClient, runOn } from './pg-client.ts';
import type { PoolClient, PoolLike } from './pg-client.ts';
import { UserTypes } from './user-types.ts';

/** How to reach PostgreSQL: an address, for which a pool is opened, or a pool that the host already has. */
export type PgOptions =
  | {
      /** `postgres://user:password@host:port/database` */
      readonly connectionString: string;
      /** Most connections at once. @default 10 */
      readonly max?: number;
      /** Shown in pg_stat_activity. @default "tasker" */
      readonly applicationName?: string;
    }
  | { readonly pool: PoolLike };

/** Settings of every session that Tasker opens: no statement, lock or open transaction waits for ever. */
const SESSION_SETTINGS = {
  jit: 'off', // short statements: compiling costs more than running
  datestyle: 'ISO',
  statement_timeout: '30000',
  lock_timeout: '10000',
  idle_in_transaction_session_timeout: '60000',
} as const;

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 30_000;

/**
 * Opens PostgreSQL as a `Db`. No connection is made before the first statement; see `checkServer` for what to ask first.
 *
 * I1: a client leaves the pool for one statement or one transaction, and always goes back or is destroyed.
 * I2: a client whose last answer is in doubt is destroyed: a transaction in which something but the server failed, a timeout, a
 *     broken socket, an answer without a tag.
 * I3: nothing is set on a session of the host's pool beyond the end of one transaction.
 *
 * Single statements on a host's pool run under the host's own timeouts.
 */
export function connectPg(options: PgOptions): Db {
  return 'pool' in options ? new PgDb(hostPool(options.pool)) : new PgDb(ownPool(options));
}

/** What `PgDb` needs to know of a pool, whoever made it. */
interface PoolAccess {
  readonly connect: () => Promise<unknown>;
  readonly begin: string;
  readonly openListener: () => Promise<pg.Client>;
  readonly threadConnection: { readonly connectionString: string } | null;
  readonly end: () => Promise<void>;
}

class PgDb implements Db {
  readonly kind = 'postgres';
  readonly threadConnection: { readonly connectionString: string } | null;
  readonly #pool: PoolAccess;
  readonly #types = new UserTypes();
  readonly #listeners = new Set<() => Promise<void>>();
  #closing: Promise<void> | null = null;

  constructor(pool: PoolAccess) {
    this.#pool = pool;
    this.threadConnection = pool.threadConnection;
  }

  query(statement: Statement): Promise<QueryResult> {
    return retryConflicts(() =>
      this.#withClient((client) => runOn(client, statement, this.#types)),
    );
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return retryConflicts(() => this.#withClient((client) => this.#transact(client, work)));
  }

  async script(text: string): Promise<void> {
    await this.#withClient((client) => client.query(text));
  }

  async durability(): Promise<'sync' | 'async'> {
    const { rows } = await this.query({
      text: "select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on' as is_sync",
    });
    return rows[0]?.['is_sync'] === true ? 'sync' : 'async';
  }

  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>> {
    const stop = await listenOn({ open: this.#pool.openListener, channel, onNotify, onGap });
    this.#listeners.add(stop);
    return async () => {
      this.#listeners.delete(stop);
      await stop();
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#listeners].map((stop) => stop()));
    await this.#pool.end();
  }

  /** I1 and I2 live here. */
  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#checkOut();
    client.on('error', ignoreBrokenClient);
    let isInDoubt = false;
    try {
      return await work(client);
    } catch (error) {
      isInDoubt = error instanceof WorkFailed ? error.isClientInDoubt : isDoubtful(error);
      throw toCallerError(error instanceof WorkFailed ? error.cause : error);
    } finally {
      client.off('error', ignoreBrokenClient);
      client.release(isInDoubt);
    }
  }

  async #checkOut(): Promise<PoolClient> {
    let client: unknown;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw unavailable(error);
    }
    return asPoolClient(client);
  }

  async #transact<T>(client: PoolClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
    await client.query(this.#pool.begin);
    const tx = new PgTransaction(client, this.#types);
    let value: T;
    try {
      value = await work(tx);
    } catch (error) {
      tx.end();
      throw new WorkFailed(error, tx.isInDoubt || !(await isRolledBack(client)));
    }
    tx.end();
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') {
      throw new TaskerError('DATABASE_FAULT', {
        problem: `a transaction was not committed: COMMIT answered ${command ?? 'nothing'}`,
      });
    }
    return value;
  }
}

/** A transaction while it is open. */
class PgTransaction implements Transaction {
  readonly #client: PoolClient;
  readonly #types: UserTypes;
  #isOpen = true;
  #isInDoubt = false;

  constructor(client: PoolClient, types: UserTypes) {
    this.#client = client;
    this.#types = types;
  }

  /** True when some answer on this connection cannot be trusted, whether or not the work noticed. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  end(): void {
    this.#isOpen = false;
  }

  query(statement: Statement): Promise<QueryResult> {
    return this.#run(() => runOn(this.#client, statement, this.#types));
  }

  async script(text: string): Promise<void> {
    await this.#run(() => this.#client.query(text));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen)
      throw new TaskerError('DATABASE_FAULT', { problem: 'a transaction was used after its end' });
    try {
      return await work();
    } catch (error) {
      this.#isInDoubt ||= isDoubtful(error);
      throw toCallerError(error);
    }
  }
}

/** Carries the error of a transaction's work through `#withClient`, with what is known about the client. */
class WorkFailed extends Error {
  readonly isClientInDoubt: boolean;

  constructor(cause: unknown, isClientInDoubt: boolean) {
    super('the work of a transaction failed', { cause });
    this.isClientInDoubt = isClientInDoubt;
  }
}

async function isRolledBack(client: PoolClient): Promise<boolean> {
  try {
    return (await client.query('rollback')).command === 'ROLLBACK';
  } catch {
    return false; // the client is destroyed, and with it the transaction: the work's own error is the one to report
  }
}

/** The failure also rejects the query that waits for it; without a listener the event would end the process. */
function ignoreBrokenClient(): void {
  return undefined;
}

function ownPool(options: Extract<PgOptions, { connectionString: string }>): PoolAccess {
  const { address, sessionOptions } = withSessionOptions(options.connectionString);
  const config = {
    connectionString: address,
    options: sessionOptions,
    application_name: options.applicationName ?? 'tasker',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
  const pool = new pg.Pool({ ...config, max: options.max ?? 10, idleTimeoutMillis: IDLE_MS });
  pool.on('error', ignoreBrokenClient); // an idle client broke: the pool has removed it already
  return {
    connect: () => pool.connect(),
    begin: 'begin',
    openListener: () => connectClient(config),
    threadConnection: { connectionString: options.connectionString },
    end: () => pool.end(),
  };
}

function hostPool(pool: PoolLike): PoolAccess {
  const settings = Object.entries(SESSION_SETTINGS).map(
    ([name, value]) => `set local ${name} = '${value}'`,
  );
  const detach = attachErrorListener(pool);
  return {
    connect: () => pool.connect(),
    begin: ['begin', ...settings].join('; '), // one round trip, and gone with the transaction
    openListener: () => connectClient(listenerConfig(pool)),
    threadConnection: null,
    end: () => Promise.resolve(detach()),
  };
}

/** The address without its own `options`, and those options behind ours, so that the address has the last word. */
function withSessionOptions(connectionString: string): { address: string; sessionOptions: string } {
  const ours = Object.entries(SESSION_SETTINGS)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  const [base = '', query = ''] = connectionString.split('?', 2);
  const parameters = new URLSearchParams(query);
  const theirs = parameters.get('options');
  if (theirs === null) return { address: connectionString, sessionOptions: ours };
  parameters.delete('options');
  return {
    address: parameters.size === 0 ? base : `${base}?${parameters}`,
    sessionOptions: `${ours} ${theirs}`,
  };
}

async function connectClient(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on('error', ignoreBrokenClient); // `end` follows and is what the listener acts on
  await client.connect();
  return client;
}

function listenerConfig(pool: PoolLike): pg.ClientConfig {
  if (typeof pool.options !== 'object' || pool.options === null) {
    throw new TaskerError('INVALID_OPTION', {
      option: 'database.pool',
      problem:
        'it has no `options`, so no connection for LISTEN can be opened; give a pg.Pool or set notify to false',
    });
  }
  return pool.options as pg.ClientConfig; // sound: a pg.Pool keeps the configuration that it gives to its own clients
}

/** An idle client that breaks makes the pool emit `error`, which ends a process in which nobody listens. */
function attachErrorListener(pool: PoolLike): () => void {
  const on: unknown = Reflect.get(pool, 'on');
  const off: unknown = Reflect.get(pool, 'off');
  if (typeof on !== 'function' || typeof off !== 'function') return ignoreBrokenClient;
  Reflect.apply(on, pool, ['error', ignoreBrokenClient]);
  return () => void Reflect.apply(off, pool, ['error', ignoreBrokenClient]);
}
