/**
 * The stage on which `npm start` and `npm run order` play: a shop, a Tasker with a worker, and a view of the order while it goes on.
 * One process does it all, so that Ctrl-C (or worse) leaves nothing behind that still runs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTasker } from 'tasker-engine';
import { follow } from '../../dist/cli/follow.js';
import { processIo, STOP_EXIT_CODES } from '../../dist/cli/io.js';
import { createProgressView } from '../../dist/cli/output/live.js';
import { createScreen } from '../../dist/cli/screen.js';
import { loadShop } from './shop/load.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ORDER = join(HERE, 'order.yaml');

/**
 * Opens the stage, plays, and clears everything away whatever happens; then ends the process.
 *
 * @param settings `latencyMs`: how long the shop takes for each answer
 * @param play receives the stage, and returns the exit code
 */
export async function onStage({ latencyMs }, play) {
  const io = processIo();
  const dataDirectory = resolve(io.directory, io.environment.dataDirectory ?? '.tasker/data');
  const ending = new AbortController();
  let exitCode;
  io.onStop((cause) => ending.abort(cause));
  try {
    exitCode = await withShop({ dataDirectory, latencyMs }, (shop, rememberPort) =>
      withTasker({ io, dataDirectory }, (tasker) => {
        rememberPort(); // only now: a second start, refused because the database is in use, changes nothing
        return play({ io, screen: createScreen(io, {}), signal: ending.signal, shop, tasker });
      }),
    );
  } catch (error) {
    exitCode = complain(io, error);
  }
  if (ending.signal.aborted) {
    io.err.write('stopped: what is unfinished goes on at the next npm start\n');
    exitCode = STOP_EXIT_CODES[ending.signal.reason];
  }
  await io.finish(exitCode);
}

/** Shows an order until it is settled or the user stops it. Resolves to its last state, or null. */
export function watchOrder({ tasker, io, screen, signal }, taskId) {
  return follow({ tasker, taskId, view: createProgressView(screen), io, signal });
}

/** Requests an order. The reason names the moment, so that the same cart can be ordered again: identical requests are duplicates. */
export async function requestOrder({ tasker, shop, io }, { cart, initiator }) {
  const { taskId } = await tasker.create('ecommerce/order', {
    context: { cart_id: cart, shop_port: shop.port },
    initiator,
    reason: `example of ${io.now().toISOString()}`,
    sourceSystem: 'example',
    tags: ['example'],
  });
  return taskId;
}

/** What was ordered, or what went wrong, in words. */
export async function describeOrder({ tasker, screen }, taskId) {
  const steps = await tasker.steps(taskId);
  const order = steps.find((step) => step.name === 'create_order')?.results?.order;
  const event = steps.find((step) => step.name === 'publish_event')?.results?.publish_results;
  const failed = steps.find((step) => step.status === 'error' && step.readyAt === null);
  if (failed) screen.print(`${failed.name} failed for good: ${failed.error?.message}`);
  if (!order) return;
  screen.print(`order ${order.order_id} of customer ${order.customer_id}: ${order.status}`);
  for (const line of order.lines) {
    const discount = line.discount_percentage === 0 ? '' : `less ${line.discount_percentage} %`;
    screen.print(
      `  ${String(line.quantity).padStart(3)} × ${line.name.padEnd(26)}${money(line.total)}  ${discount.padEnd(13)}${money(line.discounted_total)}`,
    );
  }
  screen.print(
    `  ${'total'.padEnd(32)}${money(order.total)}  ${''.padEnd(13)}${money(order.discounted_total)}`,
  );
  if (event) screen.print(`event ${event.event_id} ${event.event_name} at ${event.published_to}`);
}

function money(amount) {
  return amount.toFixed(2).padStart(9);
}

async function withTasker({ io, dataDirectory }, work) {
  const { databaseUrl, schema, name } = io.environment;
  const tasker = createTasker({
    database: databaseUrl ?? { embedded: { directory: dataDirectory } },
    migrate: true,
    environment: name,
    ...(schema === undefined ? {} : { schema }),
    // Short, because somebody waits: after Ctrl-C a running step has three seconds to finish, then it is given back.
    worker: { shutdownGrace: '3s', lease: '5s' },
  });
  try {
    await tasker.register(ORDER);
    await tasker.start();
    return await work(tasker);
  } finally {
    await tasker.stop();
  }
}

/**
 * Starts the shop on the port that it had last time, so that unfinished orders find it again; without a last time on its usual port,
 * and when that one is taken on any.
 */
async function withShop({ dataDirectory, latencyMs }, work) {
  const { startShop, SHOP_PORT } = await loadShop();
  const folder = join(dirname(dataDirectory), 'shop');
  mkdirSync(folder, { recursive: true });
  const portFile = join(folder, 'port');
  const port = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : SHOP_PORT;
  const options = { latencyMs, eventsFile: join(folder, 'events.ndjson') };
  const shop = await startShop({ ...options, port }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return startShop({ ...options, port: 0 });
  });
  try {
    return await work(shop, () => writeFileSync(portFile, String(shop.port)));
  } finally {
    await shop.stop();
  }
}

function complain(io, error) {
  io.err.write(`${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
  return error.exitCode ?? 1;
}
