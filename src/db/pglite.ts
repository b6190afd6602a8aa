import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';

import { TaskerError } from '../kernel/errors.ts';
import type { Db, QueryResult, Row, Statement, Transaction } from './db.ts';
import { lockDirectory } from './directory-lock.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { retryConflicts } from './failure.ts';
import type { SqlErrorFields, WorkerAnswer } from './pglite-messages.ts';
import { PgliteThread } from './pglite-thread.ts';
import { UPKEEP_EVERY_STATEMENTS, keepUp } from './pglite-upkeep.ts';
import { TransactionGate } from './transaction-gate.ts';
import { LOOK_UP_TYPES, UserTypes } from './user-types.ts';
import { encodeValue } from './value-types.ts';

/** Where the embedded database keeps its files. */
export interface PgliteOptions {
  /** A directory of its own, created when it is missing; null keeps everything in memory. */
  readonly directory: string | null;
}

/**
 * Opens the embedded PostgreSQL (PGlite) in a worker thread. It has one session: statements queue, a transaction excludes everything
 * else, statement timeouts do not exist. It is safe against the death of the process, not against the loss of power, because PGlite
 * does not wait for the disk.
 *
 * I1: one process per directory: an operating-system lock beside the data is held while the `Db` is open.
 * I2: after an answer that cannot be trusted the instance is thrown away and opened again from its files; what was in flight fails
 *     with DATABASE_FAULT. In memory there is nothing to open again: every later call fails.
 * I3: an idle instance does not keep the process alive; one that has something to do does.
 *
 * @throws DATABASE_LOCKED when another process has the directory; DATABASE_FAULT when it cannot be opened
 */
export async function connectPglite({ directory }: PgliteOptions): Promise<Db> {
  const place = directory === null ? null : await takeDirectory(directory);
  const thread = new PgliteThread(place?.dataDirectory ?? null);
  try {
    await thread.open();
  } catch (error) {
    await place?.lock.release();
    throw error;
  }
  return new PgliteDb(thread, place?.lock ?? null);
}

class PgliteDb implements Db {
  readonly kind = 'pglite';
  readonly threadConnection = null;
  readonly #thread: PgliteThread;
  readonly #lock: DirectoryLock | null;
  readonly #gate = new TransactionGate();
  readonly #types = new UserTypes();
  readonly #listeners = new Map<string, Set<Listener>>();
  #statementsSinceUpkeep = 0;
  #closing: Promise<void> | null = null;

  constructor(thread: PgliteThread, lock: DirectoryLock | null) {
    this.#thread = thread;
    this.#lock = lock;
    thread.onNotification = (channel, payload) =>
      this.#listeners.get(channel)?.forEach(({ onNotify }) => onNotify(payload));
    thread.onReplaced = () => void this.#listenAgain();
  }

  query(statement: Statement): Promise<QueryResult> {
    return retryConflicts(() => this.#gate.pass(() => this.#run(statement)));
  }

  script(text: string): Promise<void> {
    return this.#gate.pass(() => this.#script(text));
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return retryConflicts(() => this.#gate.exclusive(() => this.#transact(work)));
  }

  durability(): Promise<'process'> {
    return Promise.resolve('process');
  }

  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    const listener = { onNotify, onGap };
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    if (listeners.size === 1) await this.query({ text: `listen ${pg.escapeIdentifier(channel)}` });
    return async () => {
      if (!listeners.delete(listener) || listeners.size > 0 || this.#closing !== null) return;
      await this.query({ text: `unlisten ${pg.escapeIdentifier(channel)}` });
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#gate.exclusive(async () => {
      await this.#thread.close();
      await this.#lock?.release();
    });
    return this.#closing;
  }

  /** I2: the new session listens to nothing yet. If this fails too, the next replacement does it again. */
  async #listenAgain(): Promise<void> {
    const channels = [...this.#listeners].filter(([, listeners]) => listeners.size > 0);
    try {
      for (const [channel] of channels)
        await this.query({ text: `listen ${pg.escapeIdentifier(channel)}` });
    } catch {
      return;
    }
    for (const [, listeners] of channels) for (const { onGap } of listeners) onGap();
  }

  #keepUpWhenDue(): void {
    this.#statementsSinceUpkeep += 1;
    if (this.#statementsSinceUpkeep === UPKEEP_EVERY_STATEMENTS) void this.#keepUp();
  }

  /** Between the statements of others. When it fails it is due again later: nobody waits for it. */
  async #keepUp(): Promise<void> {
    try {
      await this.#gate.exclusive(() => keepUp({ query: (statement) => this.#run(statement) }));
    } catch {
      // a fault has replaced the instance by now, and a closed one needs no upkeep
    } finally {
      this.#statementsSinceUpkeep = 0;
    }
  }

  async #transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const instance = this.#thread.instance;
    let isOpen = true;
    const guard = (): void => {
      if (!isOpen)
        throw new TaskerError('DATABASE_FAULT', {
          problem: 'a transaction was used after its end',
        });
      if (this.#thread.instance !== instance) throw restarted();
    };
    const tx: Transaction = {
      query: async (statement) => (guard(), this.#run(statement)),
      script: async (text) => (guard(), this.#script(text)),
    };
    await this.#script('begin');
    let value: T;
    try {
      value = await work(tx);
    } catch (error) {
      isOpen = false;
      if (this.#thread.instance === instance) await this.#script('rollback');
      throw error;
    }
    guard();
    isOpen = false;
    const { tag } = await this.#send('script', { text: 'commit' });
    if (tag !== 'COMMIT') {
      throw new TaskerError('DATABASE_FAULT', {
        problem: `a transaction was not committed: COMMIT answered ${tag || 'nothing'}`,
      });
    }
    return value;
  }

  async #run(statement: Statement): Promise<QueryResult> {
    const answer = await this.#send('statement', statement);
    const rows = answer.rows.map((values) => this.#toRow(answer, values));
    const rowCount = Number(/(\d+)$/.exec(answer.tag)?.[1] ?? 0);
    if (rows.length === 0 || !this.#types.hasUnknown(answer.columns)) return { rows, rowCount };
    const learnt = await this.#types.learn(answer.columns, rows, async (oids) => {
      const found = await this.#run({ text: LOOK_UP_TYPES, values: [oids] });
      return found.rows.map((row) => ({
        oid: Number(row['oid']),
        element: Number(row['typelem']),
      }));
    });
    return { rows: learnt, rowCount };
  }

  async #script(text: string): Promise<void> {
    await this.#send('script', { text });
  }

  async #send(
    kind: 'statement' | 'script',
    { text, values = [], name = '' }: Statement,
  ): Promise<WorkerAnswer> {
    // Sent, it would look like the answer of an instance that ran out of stack, and cost a restart.
    if (text.trim() === '')
      throw new TaskerError('DATABASE_FAULT', { problem: 'an empty statement has no answer' });
    this.#keepUpWhenDue();
    const outcome = await this.#thread.run({ kind, text, values: values.map(encodeValue), name });
    if (outcome.kind === 'refused') throw toSqlError(outcome.error);
    return outcome;
  }

  #toRow({ columns }: WorkerAnswer, values: readonly (string | null)[]): Row {
    const row: Record<string, unknown> = {};
    columns.forEach(({ name, dataTypeID }, index) => {
      const text = values[index] ?? null;
      row[name] = text === null ? null : this.#types.decoder(dataTypeID)(text);
    });
    return row;
  }
}

interface Listener {
  readonly onNotify: (payload: string) => void;
  readonly onGap: () => void;
}

interface Place {
  readonly dataDirectory: string;
  readonly lock: DirectoryLock;
}

/** Everything of ours is inside the directory: `data` is PostgreSQL's, `lock` is the lock. I1. */
async function takeDirectory(directory: string): Promise<Place> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = await realpath(directory);
  const lock = await lockDirectory(path);
  return { dataDirectory: join(path, 'postgres'), lock };
}

/** The error in the shape that pg gives it, so that callers need to know one shape only. */
function toSqlError({ message, ...fields }: SqlErrorFields): Error {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), fields);
}

function restarted(): TaskerError {
  return new TaskerError('DATABASE_FAULT', {
    problem: 'the embedded database was restarted during a transaction',
  });
}
