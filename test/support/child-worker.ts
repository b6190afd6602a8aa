import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseOptions, Json, TaskRequest, WorkerOptions } from '../../src/index.ts';
import { WORK_FILES } from './child-worker-tasks.ts';

const SCRIPT = fileURLToPath(new URL('./child-worker.mjs', import.meta.url));

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
  /** What the child logged and told: `event step.lease_lost {…}`, `log warn …`. */
  readonly told: readonly string[];
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, also for a stopped process; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Lets the child create a task; answers the task's id. */
  create(name: string, request: TaskRequest): Promise<number>;
}

/** One line of the witness file: written and on the disk before the handler goes on. */
export interface Witnessed {
  readonly moment: 'begin' | 'end';
  readonly taskId: number;
  readonly step: string;
  readonly attempt: number;
  readonly pid: number;
}

/** A folder with definitions and a witness file, and the children that use it. */
export interface ChildLab {
  readonly directory: string;
  /** The folder of the definitions, for a Tasker of the test's own. */
  readonly tasks: string;
  start(database: DatabaseOptions, worker?: WorkerOptions): ChildWorker;
  witnessed(): readonly Witnessed[];
  /** A path for `hold`; the steps that wait for it go on once `release` has made the file. */
  holdFile(name: string): string;
  release(name: string): void;
  /** Ends every child that still lives, and removes the folder. */
  close(): Promise<void>;
}

/** Every child of this process that lives, so that none outlives it, whatever the tests do. */
const LIVING = new Set<ChildProcess>();
process.on('exit', () => LIVING.forEach((child) => child.kill('SIGKILL')));

/** Opens a lab. @param schema the schema that the children work in */
export function openChildLab(schema: string): ChildLab {
  const directory = mkdtempSync(join(tmpdir(), 'tasker-crash-'));
  const tasks = join(directory, 'tasks');
  const witness = join(directory, 'witness');
  mkdirSync(tasks);
  writeFileSync(witness, '');
  for (const [name, definition] of Object.entries(WORK_FILES))
    writeFileSync(join(tasks, `${name}.yaml`), JSON.stringify(definition)); // JSON is YAML
  const children = new Set<ChildWorker>();
  return {
    directory,
    tasks,
    start(database, worker = {}) {
      const child = startChild({ database, schema, tasks, witness, worker }, directory);
      children.add(child);
      return child;
    },
    witnessed: () =>
      readFileSync(witness, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map(toWitnessed),
    holdFile: (name) => join(directory, name),
    release: (name) => writeFileSync(join(directory, name), ''),
    async close() {
      await Promise.all([...children].map((child) => child.kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startChild(given: object, directory: string): ChildWorker {
  const child = fork(SCRIPT, [JSON.stringify(given)], {
    cwd: directory, // for what a process leaves that aborts
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  LIVING.add(child);
  const told: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => told.push(`stderr ${text}`));
  const ended = once(child, 'exit').then(([code, signal]): ChildEnd => {
    LIVING.delete(child);
    return { code, signal };
  });
  const { ready, created } = listen(child, told, ended);
  let requests = 0;
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    told,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    create(name, request) {
      requests += 1;
      const id = requests;
      return new Promise((resolve, reject) => {
        created.set(id, resolve);
        void ended.then(() => reject(new Error('the child ended before it answered')));
        child.send({ id, name, request }, (error) => error !== null && reject(error));
      });
    },
  };
}

/** Reads what the child sends. */
function listen(child: ChildProcess, told: string[], ended: Promise<ChildEnd>) {
  const created = new Map<number, (taskId: number) => void>();
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: ChildMessage) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'created') created.get(message.id)?.(message.taskId);
      else if (message.kind === 'refused')
        reject(Object.assign(new Error(`refused: ${message.code}`), message));
      else if (message.kind === 'log') told.push(`log ${message.text}`);
      else told.push(`event ${message.name} ${JSON.stringify(message.payload)}`);
    });
    void ended.then(({ code, signal }) =>
      reject(new Error(`ended before it was ready: ${code ?? signal}\n${told.join('\n')}`)),
    );
  });
  ready.catch(() => undefined); // who waits for it gets the rejection; who does not, need not
  return { ready, created };
}

/** What child-worker.mjs sends. */
type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'created'; readonly id: number; readonly taskId: number }
  | { readonly kind: 'refused'; readonly code: string; readonly details: Json }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'event'; readonly name: string; readonly payload: Json };

function toWitnessed(line: string): Witnessed {
  const [moment, taskId, step = '', attempt, pid] = line.split(' ');
  return {
    moment: moment === 'begin' ? 'begin' : 'end',
    taskId: Number(taskId),
    step,
    attempt: Number(attempt),
    pid: Number(pid),
  };
}
