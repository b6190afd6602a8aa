import type { DatabaseOptions } from './config/options.ts';
import type { ResolvedOptions } from './config/resolve.ts';
import type { Db } from './db/db.ts';
import { checkMigrated, migrate } from './db/migrate.ts';
import type { Registry } from './definition/registry.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import { createInProcessDispatcher } from './dispatch/in-process.ts';
import { createPostgresDispatcher, workHint } from './dispatch/postgres.ts';
import { ChangeFeed } from './engine/changes.ts';
import type { Joining } from './engine/create-in-transaction.ts';
import type { EngineParts } from './engine/parts.ts';
import { createPinnedDefinitions } from './engine/pinned-definitions.ts';
import { reapLost, sweepAll } from './engine/reap.ts';
import type { TaskerEvents } from './engine/types.ts';
import type { HandlerRegistry } from './handlers/registry.ts';
import type { Emitter } from './kernel/emitter.ts';
import { TaskerError } from './kernel/errors.ts';
import type { ModuleSource } from './kernel/modules.ts';
import type { Ports } from './kernel/ports.ts';
import { startChores, type Chores } from './maintenance/chores.ts';
import type { OpenedDatabase } from './open-database.ts';
import { createStore, type Store } from './store/index.ts';
import { MIGRATIONS } from './store/migrations.generated.ts';
import { Measures } from './telemetry/measures.ts';
import { createStepSource } from './worker/step-source.ts';
import { Worker } from './worker/worker.ts';

interface RuntimeParts {
  readonly options: ResolvedOptions;
  readonly registry: Registry;
  readonly handlers: HandlerRegistry;
  readonly modules: ModuleSource;
  readonly events: Emitter<TaskerEvents>;
  readonly ports: Ports;
  readonly open: (database: DatabaseOptions) => Promise<OpenedDatabase>;
}

/** The engine from start to stop. */
interface Started {
  isStopping: boolean;
  readonly parts: EngineParts;
  readonly shown: string;
  /** Null on the embedded database. */
  readonly joining: Joining | null;
  readonly dispatcher: Dispatcher;
  readonly source: { forget(): void };
  readonly worker: Worker | null;
  readonly chores: Chores | null;
}

/**
 * What lives between `start()` and `stop()`: the connection, the dispatcher, the worker, the chores; started in this order and stopped
 * in reverse.
 *
 * I1: starting and stopping are serialised; twice is fine.
 * I2: a start that fails leaves nothing open.
 */
export class Runtime {
  /** Outlives stop and start, as its listeners do. */
  readonly changes: ChangeFeed;
  /** The same: what is counted is never counted from zero again. */
  readonly measures = new Measures();
  readonly #given: RuntimeParts;
  #started: Started | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(given: RuntimeParts) {
    this.#given = given;
    this.changes = new ChangeFeed(given.events, given.options.logger);
  }

  /** @throws NOT_STARTED */
  get parts(): EngineParts {
    if (this.#started === null) throw new TaskerError('NOT_STARTED', {});
    return this.#started.parts;
  }

  /** What is started now, or null. */
  get current(): Readonly<Pick<Started, 'parts' | 'worker' | 'isStopping' | 'joining'>> | null {
    return this.#started;
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#started !== null) return;
      this.#started = await this.#open();
      this.changes.connect(this.#started.dispatcher);
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const started = this.#started;
      if (started === null) return;
      started.isStopping = true;
      await started.chores?.stop();
      await started.worker?.stop();
      this.changes.disconnect();
      await started.dispatcher.stop();
      this.#started = null;
      await started.parts.db.close();
    });
  }

  /** A definition or handler was added: what could not be served may be servable now. */
  reconsider(): void {
    this.#started?.source.forget();
    this.#started?.worker?.reconsider();
  }

  async migrate(): Promise<readonly string[]> {
    const target = { schema: this.#given.options.schema, migrations: MIGRATIONS };
    if (this.#started) return migrate(this.#started.parts.db, target);
    const { db } = await this.#given.open(this.#given.options.database);
    try {
      return await migrate(db, target);
    } finally {
      await db.close();
    }
  }

  async about() {
    const { parts } = this;
    return {
      database: this.#started?.shown ?? '',
      durability: await parts.db.durability(),
      schema: this.#given.options.schema,
      hearsOthers: parts.db.kind === 'pglite' || this.#given.options.notify,
    };
  }

  async #open(): Promise<Started> {
    const { options } = this.#given;
    const { db, shown } = await this.#given.open(options.database);
    try {
      return await this.#startOn(db, shown);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  async #startOn(db: Db, shown: string): Promise<Started> {
    const { options, registry, handlers, modules, events, ports } = this.#given;
    const target = { schema: options.schema, migrations: MIGRATIONS };
    if (options.migrate ?? db.kind === 'pglite') await migrate(db, target);
    else await checkMigrated(db, target);
    const store = createStore(options.schema);
    const remote = db.kind === 'postgres' && options.notify;
    const joining = await joiningOf(db, store, options);
    const dispatcher = remote
      ? createPostgresDispatcher(db, options.schema, {
          logger: options.logger,
          self: ports.secretBytes(4).toString('hex'),
        })
      : createInProcessDispatcher();
    const pinned = createPinnedDefinitions(db, store);
    let taker: Worker | null = null;
    const parts: EngineParts = {
      db,
      store,
      pinned,
      events,
      limits: options.limits,
      ports,
      logger: options.logger,
      measures: this.measures,
      taker: () => taker,
      hintWork: () => dispatcher.send({ kind: 'work' }),
      hintTaken: (taskId) => dispatcher.send({ kind: 'taken', taskId }),
    };
    const services = {
      secret: options.secret,
      now: () => ports.clock.now(),
      outbound: options.outbound,
    };
    const source = createStepSource({ pinned, registry, handlers, modules, services });
    // The embedded database belongs to one process: whoever held steps before is gone.
    if (db.kind === 'pglite' && (await reapLost(parts, { everyone: true }))) await sweepAll(parts);
    const base = { isStopping: false, parts, shown, joining, dispatcher, source };
    if (options.worker === null) return { ...base, worker: null, chores: null };
    await dispatcher.start();
    const worker = new Worker(parts, source, { options: options.worker, dispatcher });
    await worker.start();
    taker = worker;
    const { leaseMs } = options.worker;
    return {
      ...base,
      worker,
      chores: startChores(parts, { ownWorker: () => worker.workerId, leaseMs }),
    };
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // the caller gets the error; the next one starts afresh
    return turn;
  }
}

/** What transactions of callers must be on: known from the start, because to ask while they are open would take another connection. */
async function joiningOf(db: Db, store: Store, options: ResolvedOptions): Promise<Joining | null> {
  if (db.kind !== 'postgres') return null;
  const mark = await store.databaseMark(db, null);
  if (mark === null)
    throw new TaskerError('DATABASE_FAULT', { problem: 'the schema has no first migration' });
  return { databaseMark: mark, hint: options.notify ? workHint(options.schema) : null };
}
