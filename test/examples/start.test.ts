import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Run {
  readonly child: ChildProcess;
  /** Everything that it said so far, both streams. */
  said(): string;
  /** Resolves when it says this; rejects when it ends without. */
  untilItSays(text: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Runs a script of the example as npm does, with its data in this folder. */
function play(folder: string, script: string, args: readonly string[] = []): Run {
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [join('examples/ecommerce', script), ...args], {
    cwd: ROOT,
    env: {
      ...environment,
      TASKER_DATA_DIR: join(folder, 'data'),
      TASKER_ENV: 'test',
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  cleanUps.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    ended,
    said: () => text,
    async untilItSays(words) {
      await expect
        .poll(() => text.includes(words) || child.exitCode !== null, {
          timeout: 40_000,
          interval: 10,
        })
        .toBe(true);
      expect(text).toContain(words);
    },
  };
}

/** A folder that is gone after the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'start-'));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function publishedOrders(path: string): string[] {
  const lines = readFileSync(join(path, 'shop/events.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line): string => JSON.parse(line).event.payload.order_id);
}

function portOf(run: Run): number {
  return Number(/127\.0\.0\.1:(\d+)/.exec(run.said())?.[1]);
}

/** Makes sure that somebody has this port until the end of the test. */
async function takePort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  cleanUps.push(() => server.close());
  // An error means that somebody else has it already, which is as good.
  await once(server, 'listening').catch(() => undefined);
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('the example from the command line [pglite]', { timeout: 180_000 }, () => {
  test('npm start makes an order through one retry, also when its usual port is taken, and leaves nothing running (row 27)', async () => {
    const place = folder();
    await takePort(4848);

    const run = play(place, 'start.mjs');

    expect(await run.ended, run.said()).toEqual({ code: 0, signal: null });
    expect(run.said()).toMatch(/fetch_products .*retry in/);
    expect(run.said()).toContain('placed_pending_fulfillment');
    expect(run.said()).toContain('111.49');
    expect(run.said()).toContain('npx tasker tasks show 1');
    expect(publishedOrders(place)).toHaveLength(1);
    expect(portOf(run)).not.toBe(4848);
    expect(await isListening(portOf(run))).toBe(false);
  });

  test('an order whose process was killed goes on at the next start (rows 18, 27)', async () => {
    const place = folder();
    const killed = play(place, 'start.mjs');
    await killed.untilItSays('retry in');
    killed.child.kill('SIGKILL');
    await killed.ended;

    const next = play(place, 'start.mjs');

    expect(await next.ended, next.said()).toEqual({ code: 0, signal: null });
    expect(next.said()).toContain('Order task 1 of an earlier run is unfinished and goes on');
    expect(next.said()).toContain('2 orders are in the database');
    expect(new Set(publishedOrders(place)).size).toBe(2);
    expect(publishedOrders(place)).toHaveLength(2);
  });

  test('a second start beside a running one is refused; Ctrl-C ends the first with nothing left running', async () => {
    const place = folder();
    const first = play(place, 'start.mjs');
    await first.untilItSays('retry in');
    first.child.kill('SIGSTOP'); // so that it cannot finish while the second one comes up

    const second = play(place, 'start.mjs');
    const refused = await second.ended;
    first.child.kill('SIGCONT');
    first.child.kill('SIGINT');

    expect(refused, second.said()).toEqual({ code: 78, signal: null });
    expect(await first.ended, first.said()).toEqual({ code: 130, signal: null });
    expect(first.said()).toContain('goes on at the next npm start');
    expect(await isListening(portOf(first))).toBe(false);
  });

  test('SIGTERM ends an order that waits for its retry with exit code 143', async () => {
    const run = play(folder(), 'run.mjs', ['--cart', '1', '--fault', '503', '--times', '4']);
    await run.untilItSays('retry in');

    run.child.kill('SIGTERM');

    expect(await run.ended, run.said()).toEqual({ code: 143, signal: null });
  });

  test('npm run order obeys Retry-After; an order without stock ends with 1 and says why', async () => {
    const place = folder();

    const good = play(place, 'run.mjs', ['--cart', '7', '--fault', '429']);
    const goodEnd = await good.ended;
    const bad = play(place, 'run.mjs', ['--cart', '15']);
    const badEnd = await bad.ended;

    expect(goodEnd, good.said()).toEqual({ code: 0, signal: null });
    expect(good.said()).toMatch(/fetch_products .*retry in (1\.\ds|\d{1,3}ms)/);
    expect(badEnd, bad.said()).toEqual({ code: 1, signal: null });
    expect(bad.said()).toContain('Product 9 (Brass plumb bob): 5 wanted, 3 in stock');
  });

  test.each([
    [['--cart', 'three'], '--cart takes'],
    [['--cart', '1', '--fault', 'flood'], 'fault must be one of'],
    [['--cart', '1', '--fault', '503', '--times', '0'], 'times must be'],
    [['--basket', '1'], '--basket'],
  ])('npm run order refuses %j with usage and exit code 2', async (args, message) => {
    const run = play(folder(), 'run.mjs', args);

    expect(await run.ended).toEqual({ code: 2, signal: null });
    expect(run.said()).toContain(message);
    expect(run.said()).toContain('usage: npm run order');
  });
});
