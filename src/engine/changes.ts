import type { Dispatcher, Hint } from '../dispatch/dispatcher.ts';
import type { Emitter } from '../kernel/emitter.ts';
import type { Logger } from '../kernel/logger.ts';
import type { TaskerEvents } from './types.ts';

/** A hint that these tasks, or any tasks, changed. It does not say how: whoever needs to know reads them. */
export type TaskChange = { readonly taskIds: readonly number[] } | { readonly everything: true };

/** How often a process that listens tells the others. */
const ANNOUNCE_MS = 10_000;
/** For how long the others go by one announcement. */
const INTEREST_MS = 30_000;

type TaskEventName = Exclude<keyof TaskerEvents, `worker.${string}`>;

/** Every event after which a task looks different. One that is missing does not compile. */
const TASK_EVENTS: Readonly<Record<TaskEventName, true>> = {
  'task.created': true,
  'task.started': true,
  'task.completed': true,
  'task.failed': true,
  'task.cancelled': true,
  'task.resolved_manually': true,
  'task.retry_requested': true,
  'task.updated': true,
  'step.started': true,
  'step.completed': true,
  'step.failed': true,
  'step.cancelled': true,
  'step.skipped': true,
  'step.resolved_manually': true,
  'step.retry_requested': true,
  'step.updated': true,
  'step.lease_lost': true,
};

interface Subscription {
  readonly listener: (change: TaskChange) => void;
}

/**
 * Tells listeners of this process that tasks changed, in whatever process on this database.
 *
 * I1: while nobody listens, here or elsewhere, nothing is subscribed to, sent or read: the engine does not even build its events.
 * I2: a process with listeners says so every 10 s; only processes that heard it in the last 30 s tell what their engines do.
 * I3: changes of this process reach its own listeners without the database.
 * I4: these are hints: a lost one must cost its listener time only. A gap in hearing others is told as `everything`.
 */
export class ChangeFeed {
  readonly #events: Emitter<TaskerEvents>;
  readonly #logger: Logger;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pending = new Set<number>();
  #dispatcher: Dispatcher | null = null;
  #offHint: () => void = () => undefined;
  #offEvents: readonly (() => void)[] = [];
  #announcing: NodeJS.Timeout | null = null;
  /** Runs while another process is interested. */
  #othersListen: NodeJS.Timeout | null = null;

  constructor(events: Emitter<TaskerEvents>, logger: Logger) {
    this.#events = events;
    this.#logger = logger;
  }

  /** Subscribes, before or after `connect`; the answer unsubscribes. */
  onChange(listener: (change: TaskChange) => void): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    this.#adjust();
    return () => {
      this.#subscriptions.delete(subscription);
      this.#adjust();
    };
  }

  /** From now on with this dispatcher. What happened before may have been missed. */
  connect(dispatcher: Dispatcher): void {
    this.#dispatcher = dispatcher;
    this.#offHint = dispatcher.onHint((hint) => this.#onHint(hint));
    this.#adjust();
    this.#deliver({ everything: true });
  }

  /** Sends what is still to be sent; the dispatcher may be stopped afterwards. */
  disconnect(): void {
    this.#flush();
    this.#dispatcher = null;
    this.#offHint();
    if (this.#othersListen !== null) clearTimeout(this.#othersListen);
    this.#othersListen = null;
    this.#adjust();
  }

  /** Subscribes to the engine and announces exactly while it is of use. */
  #adjust(): void {
    const listens = this.#dispatcher !== null && this.#subscriptions.size > 0;
    const isNeeded = listens || this.#othersListen !== null;
    if (isNeeded && this.#offEvents.length === 0) this.#offEvents = this.#subscribe();
    if (!isNeeded) {
      for (const off of this.#offEvents) off();
      this.#offEvents = [];
    }
    if (listens && this.#announcing === null) {
      this.#announcing = setInterval(() => void this.#announce(), ANNOUNCE_MS);
      this.#announcing.unref();
      void this.#announce();
    }
    if (!listens && this.#announcing !== null) {
      clearInterval(this.#announcing);
      this.#announcing = null;
    }
  }

  #subscribe(): readonly (() => void)[] {
    const names = Object.keys(TASK_EVENTS) as TaskEventName[]; // sound: the keys of the table
    return names.map((name) =>
      this.#events.on(name, ({ taskId }: { readonly taskId: number }) => this.#note(taskId)),
    );
  }

  /** A process without a worker hears others only from its first listener on. */
  async #announce(): Promise<void> {
    const dispatcher = this.#dispatcher;
    try {
      await dispatcher?.start();
    } catch (error) {
      this.#logger.warn({ err: error }, 'other processes cannot be heard; tried again in 10 s');
    }
    if (this.#announcing !== null && dispatcher === this.#dispatcher)
      dispatcher?.send({ kind: 'watching' });
  }

  /** The events of one turn are told together. */
  #note(taskId: number): void {
    if (this.#pending.size === 0) setImmediate(() => this.#flush());
    this.#pending.add(taskId);
  }

  #flush(): void {
    if (this.#pending.size === 0) return;
    const taskIds = [...this.#pending];
    this.#pending.clear();
    // What is sent is heard here, too.
    if (this.#othersListen !== null) this.#dispatcher?.send({ kind: 'changed', taskIds });
    else this.#deliver({ taskIds });
  }

  #onHint(hint: Hint): void {
    switch (hint.kind) {
      case 'work':
        return;
      case 'taken': // also from short-lived processes that heard no announcement
        return this.#deliver({ taskIds: [hint.taskId] });
      case 'changed':
        return this.#deliver(
          hint.taskIds === null ? { everything: true } : { taskIds: hint.taskIds },
        );
      case 'gap':
        return this.#deliver({ everything: true });
      case 'watching':
        return this.#serveOthers();
    }
  }

  #serveOthers(): void {
    if (this.#othersListen !== null) clearTimeout(this.#othersListen);
    this.#othersListen = setTimeout(() => {
      this.#othersListen = null;
      this.#adjust();
    }, INTEREST_MS);
    this.#othersListen.unref();
    this.#adjust();
  }

  #deliver(change: TaskChange): void {
    for (const { listener } of this.#subscriptions) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error({ err: error }, 'a listener to changes threw; the others were told');
      }
    }
  }
}
