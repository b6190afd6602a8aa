import { TaskerError } from '../kernel/errors.ts';
import type { PoolLike } from '../kernel/pool-like.ts';
import type { Db, PoolCounts, QueryResult, Statement, Transaction } from './db.ts';
import { isDoubtful, retryConflicts, toCallerError, unavailable } from './failure.ts';
import { listenOn } from './listen.ts';
import { asPoolClient, control, runOn } from './pg-client.ts';
import type { PoolClient } from './pg-client.ts';
import { hostPool, ignoreBrokenClient, ownPool } from './pg-pools.ts';
import type { OwnPoolOptions, PoolAccess } from './pg-pools.ts';
import { UserTypes } from './user-types.ts';

/** How to reach PostgreSQL: an address, for which a pool is opened, or a pool that the host already has. */
export type PgOptions = OwnPoolOptions | { readonly pool: PoolLike };

/**
 * Opens PostgreSQL as a `Db`. No connection is made before the first statement; see `checkServer` for what to ask first.
 *
 * I1: a client leaves the pool for one statement or one transaction, and always goes back or is destroyed.
 * I2: a client whose last answer is in doubt is destroyed: a transaction in which something but the server failed, a timeout, a
 *     broken socket, an answer without a tag. No answer is waited for without end, also not that to `begin` or `commit`.
 * I3: nothing is set on a session of the host's pool beyond the end of one transaction.
 *
 * Single statements on a host's pool run under the host's own timeouts.
 */
export function connectPg(options: PgOptions): Db {
  return 'pool' in options ? new PgDb(hostPool(options.pool)) : new PgDb(ownPool(options));
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
    const { name: _name, ...unnamed } = statement;
    const sent = {
      answerWithinMs: this.#pool.answerMs,
      ...(this.#pool.keepsPlans ? statement : unnamed),
    };
    return retryConflicts(() => this.#withClient((client) => runOn(client, sent, this.#types)));
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return retryConflicts(() => this.#withClient((client) => this.#transact(client, work)));
  }

  connections(): PoolCounts | null {
    return this.#pool.counts();
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
    const { answerMs } = this.#pool;
    await control(client, this.#pool.begin, answerMs);
    const tx = new PgTransaction(client, this.#types, answerMs);
    let value: T;
    try {
      value = await work(tx);
    } catch (error) {
      tx.end();
      throw new WorkFailed(error, tx.isInDoubt || !(await isRolledBack(client, answerMs)));
    }
    tx.end();
    const { command } = await control(client, 'commit', answerMs);
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
  readonly #answerMs: number;
  #isOpen = true;
  /** The statement before: a client answers one at a time, also when the work asks for several at once. */
  #before: Promise<unknown> = Promise.resolve();
  #isInDoubt = false;

  constructor(client: PoolClient, types: UserTypes, answerMs: number) {
    this.#client = client;
    this.#types = types;
    this.#answerMs = answerMs;
  }

  /** True when some answer on this connection cannot be trusted, whether or not the work noticed. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  end(): void {
    this.#isOpen = false;
  }

  query(statement: Statement): Promise<QueryResult> {
    const sent = { answerWithinMs: this.#answerMs, ...statement };
    return this.#run(() => runOn(this.#client, sent, this.#types));
  }

  async script(text: string): Promise<void> {
    await this.#run(() => this.#client.query(text));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen)
      throw new TaskerError('DATABASE_FAULT', { problem: 'a transaction was used after its end' });
    const answer = this.#before.then(work, work);
    this.#before = answer;
    try {
      return await answer;
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

async function isRolledBack(client: PoolClient, answerMs: number): Promise<boolean> {
  try {
    return (await control(client, 'rollback', answerMs)).command === 'ROLLBACK';
  } catch {
    return false; // the client is destroyed, and with it the transaction: the work's own error is the one to report
  }
}
