import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { TaskerError } from '../kernel/errors.ts';
import { PLAN_SETTINGS } from './plan-settings.ts';
import type {
  RunRequest,
  WorkerAnswer,
  WorkerReply,
  WorkerRequest,
  WorkerStart,
} from './pglite-messages.ts';

/** How a statement ended, when the instance can be trusted. */
export type Outcome = WorkerAnswer | Extract<WorkerReply, { kind: 'refused' }>;

interface Pending {
  readonly resolve: (outcome: Outcome | { readonly kind: 'closed' }) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The stack of the thread. PostgreSQL refuses a value that is too deep (54001) before its own 2 MB are full; with Node's 4 MB the
 * thread's stack is full before that at 30,000 levels of JSON, and the instance fails. With 64 MB it holds beyond 100,000 (measured).
 * It is address space only, until it is used.
 */
const STACK_MB = 64;

/**
 * The worker thread that owns PGlite, and its replacement when it can no longer be trusted.
 *
 * I1: what was asked is answered or rejected, whatever happens to the thread.
 * I2: a broken thread is ended before the next one opens the same files, and is never asked anything again.
 */
export class PgliteThread {
  readonly #dataDirectory: string | null;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #opening: Promise<void> = Promise.resolve();
  #lastId = 0;
  #instance = 0;
  /** Why nothing can be asked any more. */
  #end: string | null = null;

  /** Told of every NOTIFY on a channel that the session listens to. */
  onNotification: (channel: string, payload: string) => void = () => undefined;

  /** Told that the instance was replaced and can be asked again; its session has forgotten what it listened to. */
  onReplaced: () => void = () => undefined;

  constructor(dataDirectory: string | null) {
    this.#dataDirectory = dataDirectory;
  }

  /** Changes when the instance was replaced: an open transaction does not survive that. */
  get instance(): number {
    return this.#instance;
  }

  /** Starts the thread. The first time in a directory this takes seconds, later about half a second. */
  open(): Promise<void> {
    this.#opening = this.#start();
    return this.#opening;
  }

  async run(request: Omit<RunRequest, 'id'>): Promise<Outcome> {
    const outcome = await this.#ask((id) => ({ ...request, id }));
    if (outcome.kind === 'closed') throw closed('it was closed');
    return outcome;
  }

  /** Lets the instance write a checkpoint and ends the thread. */
  async close(): Promise<void> {
    if (this.#end !== null) return;
    try {
      await this.#ask((id) => ({ kind: 'close', id }));
    } finally {
      this.#end = 'it was closed';
      await this.#worker?.terminate();
    }
  }

  async #ask(
    toRequest: (id: number) => WorkerRequest,
  ): Promise<Outcome | { readonly kind: 'closed' }> {
    await this.#opening;
    const worker = this.#worker;
    if (this.#end !== null || worker === null) throw closed(this.#end ?? 'it is not open');
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      if (this.#pending.size === 1) worker.ref();
      worker.postMessage(toRequest(id));
    });
  }

  #start(): Promise<void> {
    const settings = Object.entries(PLAN_SETTINGS).map(([name, value]) => `${name}=${value}`);
    const data: WorkerStart = { dataDirectory: this.#dataDirectory, settings };
    const worker = new Worker(workerFile(), {
      workerData: data,
      name: 'tasker-pglite',
      execArgv: [],
      resourceLimits: { stackSizeMb: STACK_MB },
    });
    this.#worker = worker;
    this.#instance += 1;
    return new Promise((resolve, reject) => {
      let isOpen = false;
      // One that never opened is not replaced: the next would end in the same way.
      const fail = (problem: string): void => {
        if (isOpen || this.#end !== null) return this.#replace(worker, problem);
        this.#end = `it could not be opened: ${problem}`;
        reject(new TaskerError('DATABASE_FAULT', { problem: this.#end }));
        void worker.terminate();
      };
      worker.on('message', (message: WorkerReply) => {
        if (message.kind === 'opened') {
          isOpen = true;
          if (this.#pending.size === 0) worker.unref();
          resolve();
        } else if (message.kind === 'not_opened') {
          fail(message.problem);
        } else if (worker === this.#worker) {
          this.#receive(worker, message);
        }
      });
      worker.on('error', (error) => fail(String(error)));
      worker.on('exit', (code) => fail(`its thread ended with code ${code}`));
    });
  }

  #receive(worker: Worker, message: Exclude<WorkerReply, { kind: 'opened' | 'not_opened' }>): void {
    if (message.kind === 'notification') {
      this.onNotification(message.channel, message.payload);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) worker.unref();
    if (message.kind !== 'fault') {
      pending?.resolve(message);
      return;
    }
    pending?.reject(fault(message.problem));
    this.#replace(worker, message.problem);
  }

  /** I1 and I2 live here. */
  #replace(worker: Worker, problem: string): void {
    if (worker !== this.#worker || this.#end !== null) return;
    for (const { reject } of this.#pending.values()) reject(fault(problem));
    this.#pending.clear();
    this.#worker = null;
    this.#instance += 1;
    if (this.#dataDirectory === null) this.#end = `it was in memory and is lost: ${problem}`;
    const ended = worker.terminate();
    if (this.#end === null) this.#opening = ended.then(() => this.#start());
    // Whoever asks next awaits the same promise and gets its error.
    this.#opening.then(
      () => this.#end === null && this.onReplaced(),
      () => undefined,
    );
  }
}

/**
 * The file that the thread runs. Compiled, it lies beside this file. When the sources run as they are (in tests), it is TypeScript,
 * which Node 20 cannot start in a thread: jiti, which also loads handlers, loads it there.
 */
function workerFile(): URL {
  const compiled = new URL('./pglite-worker.js', import.meta.url);
  if (existsSync(compiled)) return compiled;
  const jiti = pathToFileURL(createRequire(import.meta.url).resolve('jiti')).href;
  const source = fileURLToPath(new URL('./pglite-worker.ts', import.meta.url));
  const program = `
    import jiti from ${JSON.stringify(jiti)};
    await jiti.createJiti(${JSON.stringify(source)}, { nativeModules: ['@electric-sql/pglite'] }).import(${JSON.stringify(source)});
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
}

function fault(problem: string): TaskerError {
  return new TaskerError('DATABASE_FAULT', { problem: `the embedded database failed: ${problem}` });
}

function closed(problem: string): TaskerError {
  return new TaskerError('DATABASE_UNAVAILABLE', { problem });
}
