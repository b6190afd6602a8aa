import type { DatabaseOptions, Json, TaskRequest, WorkerOptions } from '../src/index.ts';

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A worker in a process of its own. */
export interface ChildWorker {
  readonly pid: number;
  /** Resolves once its worker has started; rejects with the code of the error when it refused to start. */
  readonly ready: Promise<void>;
  readonly ended: Promise<ChildEnd>;
  /** What the child logged and told, the latest of it: `event step.lease_lost {…}`, `log warn …`. */
  readonly told: readonly string[];
  /** Events of its Tasker that it passes on: `step.lease_lost`, `worker.started`, `worker.stopped`. */
  onEvent(listener: (name: string, payload: Json) => void): void;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, also for a stopped process; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Lets the child create a task; answers the task's id. */
  create(name: string, request: TaskRequest): Promise<number>;
}

/** What worker.mjs is given. */
export interface ChildOptions {
  /** The compiled package's index. @default the one beside this folder */
  readonly package?: string;
  readonly database: DatabaseOptions;
  readonly schema: string;
  /** The folder of the definitions. */
  readonly tasks: string;
  /** The file that the handlers write to. */
  readonly witness: string;
  readonly worker: WorkerOptions;
  /** Also write down every result that was stored. @default false */
  readonly tellsStored?: boolean;
}

/** Starts a worker. It does not outlive this process. */
export function startChild(
  given: ChildOptions,
  process: {
    /** Where it runs. */
    readonly directory: string;
    /** Options of Node. @default none */
    readonly execArgv?: readonly string[];
    /** @default this process's */
    readonly env?: NodeJS.ProcessEnv;
  },
): ChildWorker;
