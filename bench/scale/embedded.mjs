/** The embedded database: the order with its worker in the same process, and `tasker run` from start to finish. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { define, drainAll, enqueueAll, startTasker } from '../ours.mjs';
import { median } from '../results.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { askFresh } from './fresh.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMMAND = path.join(ROOT, 'dist/cli/main.js');
const EXAMPLE = path.join(ROOT, 'examples/ecommerce');

/** No order of the example takes longer: it hangs. */
const RUN_TIMEOUT_MS = 5 * 60_000;

export const embedded = {
  title: 'the embedded database',
  rounds: 3,
  rows: [
    { key: 'enqueue', title: 'create orders, tasks/s', digits: 0 },
    { key: 'drain', title: 'drain of the order, steps/s', digits: 0, must: { least: 5_000 } },
    { key: 'nodeUs', title: 'CPU of the process, µs per step drained', digits: 0 },
    { key: 'coldRun', title: '`tasker run` in a new folder, s', digits: 2 },
    {
      key: 'warmRun',
      title: '`tasker run` where it ran before, s',
      digits: 2,
      must: { most: 1.5 },
    },
  ],
  async measure(server, { quick }) {
    const drained = await askFresh(server, {
      file: 'embedded',
      steps: WORKLOADS.W1.steps,
      tasks: quick ? 50 : 4_000,
    });
    return { ...drained, ...(await timeCommand(quick ? 1 : 5)) };
  },
};

/** In the child. */
export function work({ steps, tasks }, meter) {
  return inFolder(async (folder) => {
    const url = { embedded: { directory: path.join(folder, 'data') } };
    const job = { url, tasks, concurrency: 1_000, connections: 1 };
    const definition = define({ steps }, { identity: 'none' });
    const maker = await startTasker({ database: url, worker: false }, definition);
    const created = await meter.measure(() => enqueueAll(maker, job));
    await maker.stop();
    const drain = await drainAll(job, definition, meter);
    await verify(url);
    const stepCount = tasks * steps.length;
    return {
      enqueue: (tasks / created.ms) * 1_000,
      drain: (stepCount / drain.ms) * 1_000,
      nodeUs: drain.nodeUs / stepCount,
    };
  });
}

async function verify(url) {
  const tasker = await startTasker({ database: url, worker: false });
  const violations = await tasker.verify();
  await tasker.stop();
  if (violations.length > 0) throw new Error(violations.map(({ title }) => title).join('; '));
}

/** Runs the example's order in a new folder, then `times` more orders there. */
function timeCommand(times) {
  return inFolder((folder) =>
    withShop(async (port) => {
      const coldRun = await timeOrder(folder, { cart: 1, port });
      const warmRuns = [];
      for (let cart = 2; cart <= times + 1; cart += 1)
        warmRuns.push(await timeOrder(folder, { cart, port }));
      return { coldRun, warmRun: median(warmRuns) };
    }),
  );
}

async function timeOrder(folder, { cart, port }) {
  const startedAt = performance.now();
  const words = ['run', path.join(EXAMPLE, 'order.yaml'), '-c', `cart_id=${cart}`];
  const child = spawn(process.execPath, [COMMAND, ...words, '-c', `shop_port=${port}`], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`tasker run of cart ${cart} ended with ${signal ?? code}: ${said}`);
  return (performance.now() - startedAt) / 1_000;
}

async function withShop(use) {
  const shop = spawn(process.execPath, [path.join(EXAMPLE, 'shop.mjs'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await Promise.race([
      once(createInterface({ input: shop.stdout }), 'line'),
      once(shop, 'exit').then(() => ['']),
    ]);
    const port = /:(\d+)/.exec(line)?.[1];
    if (port === undefined) throw new Error('the shop of the example did not open');
    return await use(port);
  } finally {
    shop.kill('SIGTERM');
  }
}

async function inFolder(use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
