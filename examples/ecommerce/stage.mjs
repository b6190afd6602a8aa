/**
 * The stage on which `npm start` and `npm run order` play: a shop, a Tasker with a worker, and a screen.
 * One process does it all, so that Ctrl-C (or worse) leaves nothing behind that still runs. Where `npm start` runs already, its shop
 * and its Tasker are played on, over HTTP (beside.mjs).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTasker } from 'tasker-engine';
import { createToolbox } from '../../dist/cli/create-toolbox.js';
import { DEFAULT_DATA_DIRECTORY } from '../../dist/cli/database.js';
import { processIo, STOP_EXIT_CODES } from '../../dist/cli/io.js';
import { commandLogger } from '../../dist/cli/output/worker-log.js';
import { createScreen } from '../../dist/cli/screen.js';
import { announcedServer } from '../../dist/cli/server-file.js';
import { loadShop } from './shop/load.mjs';

const ORDER = join(dirname(fileURLToPath(import.meta.url)), 'order.yaml');

/**
 * Sets the stage, plays, and ends the process. Everything that was opened is closed, whatever happens.
 *
 * @param play receives the stage and returns the exit code. `running` is the service of this folder that runs already, or null. A stop
 *   that is asked for when the play has brought 0 is no failure; before that, the exit code names the signal.
 */
export async function onStage(play) {
  const io = processIo();
  const ending = new AbortController();
  io.onStop((cause) => ending.abort(cause));
  let stopped = 'what is unfinished goes on at the next npm start';
  let exitCode;
  try {
    const toolbox = createToolbox();
    const dataDirectory = resolve(
      io.directory,
      io.environment.dataDirectory ?? DEFAULT_DATA_DIRECTORY,
    );
    // Announced in this folder also when the orders are on a database server: whoever plays beside it needs its shop.
    const place = { embedded: { directory: dataDirectory } };
    const running = await announcedServer(place, { io, toolbox });
    if (running !== null) stopped = `the order goes on at ${running.url}`;
    const screen = createScreen(io, {});
    exitCode = await play({ io, toolbox, screen, signal: ending.signal, place, running });
  } catch (error) {
    exitCode = complain(io, error);
  }
  if (ending.signal.aborted) {
    io.err.write(`stopped: ${stopped}\n`);
    if (exitCode !== 0) exitCode = STOP_EXIT_CODES[ending.signal.reason];
  }
  await io.finish(exitCode);
}

/**
 * Plays in this process alone: with a shop, and a Tasker that is started.
 *
 * @param settings `latencyMs`: how long the shop takes for each answer
 */
export function playHere(stage, { latencyMs }, play) {
  return withShop(stage, { latencyMs }, (shop) =>
    withTasker(stage, (tasker) => {
      rememberPort(stage, shop); // only now: a second start, refused because the database is in use, changes nothing
      return play({ ...stage, shop, tasker });
    }),
  );
}

async function withTasker({ io, screen, place }, work) {
  const { databaseUrl, schema, name } = io.environment;
  const tasker = createTasker({
    database: databaseUrl ?? place,
    migrate: true,
    environment: name,
    logger: loggerOf({ io, screen }),
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

/** Warnings and errors, each a line on standard error. */
export function loggerOf({ io, screen }) {
  return commandLogger({ io, screen, isVerbose: false });
}

/** Opens a shop on the port that the last one had, or on its usual port; when that one is taken, on any. */
export async function withShop(stage, { latencyMs }, work) {
  const { startShop } = await loadShop();
  const options = { latencyMs, eventsFile: join(shopFolder(stage), 'events.ndjson') };
  const shop = await startShop({ ...options, port: await lastPort(stage) }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return startShop({ ...options, port: 0 });
  });
  try {
    return await work(shop);
  } finally {
    await shop.stop();
  }
}

/** The port of the last shop, or the usual one: unfinished orders look for the shop where it was. */
export async function lastPort(stage) {
  const file = portFile(stage);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : (await loadShop()).SHOP_PORT;
}

function rememberPort(stage, shop) {
  writeFileSync(portFile(stage), String(shop.port));
}

function portFile(stage) {
  return join(shopFolder(stage), 'port');
}

function shopFolder({ place }) {
  const folder = join(dirname(place.embedded.directory), 'shop');
  mkdirSync(folder, { recursive: true });
  return folder;
}

function complain(io, error) {
  io.err.write(`${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
  return error.exitCode ?? 1;
}
