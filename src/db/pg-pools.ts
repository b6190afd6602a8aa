import pg from 'pg';

import { TaskerError } from '../kernel/errors.ts';
import type { PoolLike } from '../kernel/pool-like.ts';
import type { PoolCounts } from './db.ts';
import { ANSWER_TIMEOUT_MS } from './pg-client.ts';
import { PLAN_SETTINGS } from './plan-settings.ts';

/** A pool that Tasker opens itself. */
export interface OwnPoolOptions {
  /** `postgres://user:password@host:port/database` */
  readonly connectionString: string;
  /** Most connections at once. @default 10 */
  readonly max?: number;
  /** Shown in pg_stat_activity. @default "tasker" */
  readonly applicationName?: string;
  /** How long to wait for one answer before the connection counts as broken, in milliseconds. @default 35000 */
  readonly answerTimeoutMs?: number;
}

/** What the rest needs to know of a pool, whoever made it. */
export interface PoolAccess {
  readonly connect: () => Promise<unknown>;
  /**
   * Whether single statements are prepared once and keep their plan. False on a host's pool: its sessions plan as the host likes, and a
   * plan that was made for nearly empty tables would be kept when they have grown; also, some poolers lose prepared statements.
   */
  readonly keepsPlans: boolean;
  readonly begin: string;
  /** How long an answer is waited for before the connection counts as broken. */
  readonly answerMs: number;
  readonly openListener: () => Promise<pg.Client>;
  readonly threadConnection: { readonly connectionString: string } | null;
  readonly counts: () => PoolCounts | null;
  readonly end: () => Promise<void>;
}

/** Settings of every session that Tasker opens: no statement, lock or open transaction waits for ever. */
const SESSION_SETTINGS = {
  jit: 'off', // short statements: compiling costs more than running
  datestyle: 'ISO',
  statement_timeout: '30000',
  lock_timeout: '10000',
  idle_in_transaction_session_timeout: '10000', // a client that froze or vanished must not keep its locks
  ...PLAN_SETTINGS,
} as const;

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 30_000;

/** Opens a pool whose sessions never wait for ever. */
export function ownPool(options: OwnPoolOptions): PoolAccess {
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
    keepsPlans: true,
    begin: 'begin',
    answerMs: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    openListener: () => connectClient(config),
    threadConnection: { connectionString: options.connectionString },
    counts: () => countsOf(pool),
    end: () => pool.end(),
  };
}

/** Uses the host's pool; nothing is set on its sessions beyond the end of a transaction. */
export function hostPool(pool: PoolLike): PoolAccess {
  const settings = Object.entries(SESSION_SETTINGS).map(
    ([name, value]) => `set local ${name} = '${value}'`,
  );
  const detach = attachErrorListener(pool);
  return {
    connect: () => pool.connect(),
    keepsPlans: false,
    begin: ['begin', ...settings].join('; '), // one round trip, and gone with the transaction
    answerMs: ANSWER_TIMEOUT_MS,
    openListener: () => connectClient(listenerConfig(pool)),
    threadConnection: null,
    counts: () => countsOf(pool),
    end: () => Promise.resolve(detach()),
  };
}

/** The numbers that a pg.Pool tells; null for a pool that only looks like one. */
function countsOf(pool: object): PoolCounts | null {
  const [total, idle, waiting] = ['totalCount', 'idleCount', 'waitingCount'].map((name): unknown =>
    Reflect.get(pool, name),
  );
  if (typeof total !== 'number' || typeof idle !== 'number' || typeof waiting !== 'number')
    return null;
  return { total, idle, waiting };
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
    address: parameters.size === 0 ? base : `${base}?${parameters.toString()}`,
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
  return pool.options; // a pg.Pool keeps the configuration that it gives to its own clients
}

/** An idle client that breaks makes the pool emit `error`, which ends a process in which nobody listens. */
function attachErrorListener(pool: PoolLike): () => void {
  const on: unknown = Reflect.get(pool, 'on');
  const off: unknown = Reflect.get(pool, 'off');
  if (typeof on !== 'function' || typeof off !== 'function') return ignoreBrokenClient;
  Reflect.apply(on, pool, ['error', ignoreBrokenClient]);
  return () => void Reflect.apply(off, pool, ['error', ignoreBrokenClient]);
}

/** The failure also rejects the query that waits for it; without a listener the event would end the process. */
export function ignoreBrokenClient(): void {
  return undefined;
}
