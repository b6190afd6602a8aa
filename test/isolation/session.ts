import type { Connection, Db, QueryResult, Statement, Transaction } from '../../src/db/db.ts';
import { isConflict } from '../../src/db/failure.ts';
import { createStore, type Store } from '../../src/store/index.ts';
import { gate } from '../support/engine.ts';

/**
 * One PostgreSQL session whose every statement and every end of a transaction waits until the scheduler lets it pass.
 *
 * I1: a statement outside a transaction is two steps, its work and its commit, because between the two its locks are held and its
 *     changes unseen; one that only reads is one step.
 * I2: `begin` is no step: it takes no snapshot and no lock, so nothing can come between it and the first statement that anybody sees.
 * I3: no step either: a line of the operator log (nobody's decision reads it), and the task's lock when it is held already.
 * I4: timeouts that a transaction sets for itself are left out: here a session waits for as long as the scheduler lets it.
 */
export class Session implements Db {
  readonly kind = 'postgres';
  readonly threadConnection = null;
  readonly #db: Db;
  #isScheduled = false;
  #label = 'statement';
  #rewrite: Rewrite = unchanged;
  #standing: { readonly label: string; open(): void } | null = null;
  #current = '';
  #hasEnded = true;
  #stood = gate();
  #pid = 0;
  #conflicts = 0;

  /** @param db a database with one connection */
  constructor(db: Db) {
    this.#db = db;
  }

  /** The process of the server that serves this session. */
  get pid(): number {
    return this.#pid;
  }

  /** How often the server undid this session's work as a deadlock since it was started. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /** What it waits to do next; null while it does something, and after its end. */
  get next(): string | null {
    return this.#standing?.label ?? null;
  }

  /** What it does now, or did last. */
  get current(): string {
    return this.#current;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves as soon as the session stands before a step or has ended. */
  get stood(): Promise<void> {
    return this.#stood.opened;
  }

  /** The engine's statements, each under its own name. */
  store(schema: string): Store {
    const named = Object.entries(createStore(schema)).map(([name, value]) => [
      name,
      typeof value === 'function' ? this.#named(name, value) : value,
    ]);
    return Object.fromEntries(named) as Store; // sound: the same members; each function only notes its name first
  }

  /** Asks which process of the server serves it: before a scenario, because a pool closes connections that rest. */
  async greet(): Promise<void> {
    const { rows } = await this.#db.query({ text: 'select pg_backend_pid() as pid' });
    this.#pid = Number(rows[0]?.['pid']);
  }

  /** Runs work under the scheduler; the answer resolves at its end. */
  async start<T>(work: () => Promise<T>, rewrite: Rewrite): Promise<T> {
    this.#hasEnded = false;
    this.#stood = gate();
    this.#conflicts = 0;
    try {
      this.#rewrite = rewrite;
      this.#isScheduled = true;
      return await work();
    } finally {
      this.#isScheduled = false;
      this.#hasEnded = true;
      this.#rewrite = unchanged;
      this.#stood.open();
    }
  }

  /** Lets the next step pass. */
  release(): void {
    const standing = this.#standing;
    if (standing === null) throw new Error('The session does not stand before a step');
    this.#standing = null;
    this.#current = standing.label;
    this.#stood = gate();
    standing.open();
  }

  query(statement: Statement): Promise<QueryResult> {
    if (!this.#isScheduled) return this.#db.query(statement);
    if (!isRead(statement.text)) return this.transaction((tx) => tx.query(statement));
    return this.#step(statement, (sent) => this.#db.query(sent));
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (!this.#isScheduled) return this.#db.transaction(work);
    return this.#db.transaction(async (tx) => {
      let holdsTask = false;
      const stepped: Transaction = {
        query: (statement) => {
          if (isLocalSetting(statement.text)) return Promise.resolve({ rows: [], rowCount: 0 });
          const isSilent =
            this.#label === 'appendOperatorLog' || (this.#label === 'lockTasks' && holdsTask);
          holdsTask ||= this.#label === 'lockTasks';
          return isSilent ? tx.query(statement) : this.#step(statement, (sent) => tx.query(sent));
        },
        script: async (text) => {
          await this.#pass(firstWords(text));
          await tx.script(text);
        },
      };
      try {
        const value = await work(stepped);
        await this.#pass('commit');
        return value;
      } catch (error) {
        if (isConflict(error)) this.#conflicts += 1;
        else await this.#pass('rollback');
        throw error;
      }
    });
  }

  durability(): Promise<'sync' | 'async' | 'process'> {
    return this.#db.durability();
  }

  script(text: string): Promise<void> {
    return this.#db.script(text);
  }

  listen(...of: Parameters<Db['listen']>): ReturnType<Db['listen']> {
    return this.#db.listen(...of);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async #step(
    statement: Statement,
    send: (statement: Statement) => Promise<QueryResult>,
  ): Promise<QueryResult> {
    await this.#pass(this.#label === 'statement' ? firstWords(statement.text) : this.#label);
    return send(this.#rewrite(statement));
  }

  async #pass(label: string): Promise<void> {
    const opened = gate();
    this.#standing = { label, open: () => opened.open() };
    this.#stood.open();
    await opened.opened;
  }

  #named(name: string, statement: (...of: never[]) => unknown) {
    return async (connection: Connection, ...rest: unknown[]): Promise<unknown> => {
      this.#label = name;
      try {
        return await Reflect.apply(statement, null, [connection, ...rest]);
      } finally {
        this.#label = 'statement';
      }
    };
  }
}

/** Changes a statement on its way to the server: how a fault is planted. */
export type Rewrite = (statement: Statement) => Statement;

/** Nothing is planted. */
export const unchanged: Rewrite = (statement) => statement;

/** True for a statement that takes no row lock, writes nothing and locks nothing. */
function isRead(text: string): boolean {
  return !/\b(insert|update|delete|lock|share|pg_advisory\w*)\b/i.test(text);
}

/** True for a setting of the transaction alone. Those of the engine are timeouts. */
function isLocalSetting(text: string): boolean {
  return /^\s*set local /i.test(text);
}

function firstWords(text: string): string {
  return text.trim().split(/\s+/).slice(0, 4).join(' ');
}
