import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The compiled command line: what users run. `npm test` builds it first. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on. */
export interface Running {
  readonly pid: number;
  /** Resolves once either output has the text. Rejects when the command ends without it. */
  seen(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Closes our end of its standard output, as `head -1` does. */
  closeOutput(): void;
  readonly ended: Promise<Ended>;
}

/** A folder of its own with definitions and handlers, gone at the end. */
export interface Workshop {
  readonly directory: string;
  /** Starts a command in the folder. */
  start(...args: readonly string[]): Running;
  /** Runs a command in the folder to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Lets steps go on that wait in the handler `hold`. */
  release(): void;
  /** Ends what still runs, and removes the folder. */
  close(): Promise<void>;
}

/** @param url a PostgreSQL server, or null for the embedded database of the folder */
export function openWorkshop(url: string | null): Workshop {
  const directory = mkdtempSync(join(tmpdir(), 'tasker-cli-'));
  mkdirSync(join(directory, 'tasks'));
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(directory, file), text);
  const live = new Set<Running>();
  const start = (...args: readonly string[]): Running => {
    const command = startCommand(args, directory, url);
    live.add(command);
    void command.ended.then(() => live.delete(command));
    return command;
  };
  return {
    directory,
    start,
    run: (...args) => start(...args).ended,
    release: () => writeFileSync(join(directory, 'released'), ''),
    async close() {
      for (const command of live) command.kill('SIGKILL');
      await Promise.all([...live].map((command) => command.ended));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startCommand(args: readonly string[], directory: string, url: string | null): Running {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: directory,
    env: { ...inherited, ...(url === null ? {} : { DATABASE_URL: url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      watchers.forEach((watcher) => watcher());
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    watchers.forEach((watcher) => watcher());
    return { code, signal, ...output };
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
    ended,
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const isThere = output.stdout.includes(text) || output.stderr.includes(text);
          if (isThere) resolve();
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(
              new Error(`ended without ${JSON.stringify(text)}:\n${output.stdout}${output.stderr}`),
            );
          } else return;
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
  };
}

/** True while a process of that id exists. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: there is none
  }
}

const FILES: Readonly<Record<string, string>> = {
  'tasks/order.yaml': `
name: order
version: 1.0.0
schema:
  type: object
  properties: { cart_id: { type: integer } }
  required: [cart_id]
steps:
  - name: fetch_cart
    handler: ./steps.mjs#fetchCart
  - name: check_stock
    handler: ./steps.mjs#checkStock
    depends_on_step: fetch_cart
    retry: { limit: 3, backoff: fixed, base: 20ms, jitter: none }
  - name: create_order
    handler: ./steps.mjs#createOrder
    depends_on_steps: [fetch_cart, check_stock]
`,
  'tasks/failing.yaml': `
name: failing
version: 1.0.0
steps:
  - name: refuse
    handler: ./steps.mjs#refuse
  - name: after
    handler: ./steps.mjs#fetchCart
    depends_on_step: refuse
`,
  'tasks/holding.yaml': `
name: holding
version: 1.0.0
steps:
  - name: first
    handler: ./steps.mjs#fetchCart
  - name: hold
    handler: ./steps.mjs#hold
    depends_on_step: first
    retry: { limit: 3, backoff: none }
  - name: last
    handler: ./steps.mjs#fetchCart
    depends_on_step: hold
`,
  'named.yaml': `
name: named
version: 1.0.0
steps:
  - name: greet
    handler: Shop::Greet
`,
  'named-handlers.mjs': `export default { 'Shop::Greet': () => ({ greeting: 'hello' }) };\n`,
  'broken.yaml': `
name: broken
steps:
  - name: create_order
    handler: ./tasks/steps.mjs#fetchCart
    depends_on_step: fetch_cartt
  - name: fetch_cart
    handler: ./tasks/steps.mjs#fetchCart
`,
  'tasks/steps.mjs': `
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

export const fetchCart = (ctx) => ({ cart: ctx.context.cart_id ?? null });

/** Fails at its first attempt. */
export function checkStock(ctx) {
  if (ctx.step.attempt === 1) throw new Error('stock service answered 503');
  return { available: true };
}

export const createOrder = (ctx) => ({ order_id: ctx.deps.fetch_cart.cart * 10 });

export function refuse() {
  throw Object.assign(new Error('never works'), { name: 'PermanentError' });
}

/** Waits until the file "released" exists, or until it is told to stop. */
export async function hold(ctx) {
  while (!existsSync('released')) await setTimeout(20, undefined, { signal: ctx.signal });
  return { held: true };
}
`,
};
