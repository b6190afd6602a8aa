import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** How long a program may take to come to what a test waits for, on a machine that has much else to do. */
const PATIENCE_MS = 60_000;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A program of the example that runs. */
export interface Run {
  readonly child: ChildProcess;
  /** Everything that it said so far, both streams. */
  said(): string;
  /** Resolves when it says this; rejects when it ends without. */
  untilItSays(text: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Where programs of the example run, and what they leave. */
export interface Playground {
  /** A folder for the data of a run. */
  folder(): string;
  /** Runs a script of the example as npm does, with its data in this folder. Its interface takes any port unless it is told which. */
  play(
    folder: string,
    script: string,
    args?: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ): Run;
  /** Makes sure that somebody has this port, 0 for any; the answer is the port. */
  takePort(port: number): Promise<number>;
  /** Ends what still runs, and removes the folders. */
  close(): Promise<void>;
}

export function openPlayground(): Playground {
  const cleanUps: (() => unknown)[] = [];
  return {
    folder() {
      const path = mkdtempSync(join(tmpdir(), 'start-'));
      cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
      return path;
    },
    play(folder, script, args = [], variables = {}) {
      const run = startRun([join(ROOT, 'examples/ecommerce', script), ...args], folder, variables);
      cleanUps.push(async () => {
        run.child.kill('SIGKILL');
        await run.ended;
      });
      return run;
    },
    async takePort(port) {
      const server = createServer().listen(port, '127.0.0.1');
      cleanUps.push(() => server.close());
      // An error means that somebody else has it already, which is as good.
      await once(server, 'listening').catch(() => undefined);
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    async close() {
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
    },
  };
}

/** Runs a command of `tasker` on the data in this folder, to its end. */
export async function runTasker(folder: string, ...args: readonly string[]): Promise<string> {
  const run = startRun([join(ROOT, 'dist/cli/main.js'), ...args], folder, {});
  expect(await run.ended, run.said()).toEqual({ code: 0, signal: null });
  return run.said();
}

function startRun(
  words: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Run {
  const { DATABASE_URL: _, TASKER_URL: __, ...environment } = process.env;
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: {
      ...environment,
      TASKER_DATA_DIR: join(folder, 'data'),
      TASKER_ENV: 'test',
      TASKER_PORT: '0',
      NO_COLOR: '1',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return {
    child,
    ended,
    said: () => text,
    untilItSays(part) {
      return new Promise((resolve, reject) => {
        const giveUp = (why: string) => (): void => {
          clearTimeout(timer);
          reject(new Error(`${why} ${part}:\n${text}`));
        };
        const timer = setTimeout(giveUp('waited in vain for'), PATIENCE_MS);
        const look = (): void => {
          if (!text.includes(part)) return;
          clearTimeout(timer);
          resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        void ended.then(giveUp('ended without')); // says nothing when it was said before
        look();
      });
    },
  };
}

/** The ids of the orders whose event was published. */
export function publishedOrders(path: string): string[] {
  const lines = readFileSync(join(path, 'shop/events.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line): string => JSON.parse(line).event.payload.order_id);
}

/** The port of the shop of `npm start`. */
export function shopPortOf(run: Run): number {
  return Number(/127\.0\.0\.1:(\d+)/.exec(run.said())?.[1]);
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
