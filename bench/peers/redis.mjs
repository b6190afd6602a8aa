/** A Redis of our own for one run: everything it does goes to the append-only file, nothing to snapshots. */
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { freePort, startChildServer } from './child-server.mjs';

/** @returns {string | null} where `redis-server` is, or null when this machine has none */
export function findRedis() {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  const places = folders.map((folder) => path.join(folder, 'redis-server'));
  return places.find(isExecutable) ?? null;
}

/** @param {'everysec' | 'always'} fsync when the append-only file is made safe: each second, or before each answer */
export async function startRedis(fsync) {
  const program = findRedis();
  if (program === null) throw new Error('there is no redis-server');
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', appendonly: 'yes', appendfsync: fsync, save: '' };
  const server = await startChildServer({
    program,
    argumentsIn: (folder) => [
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
      '--dir',
      folder,
    ],
    isReady: () => answersPing(port),
  });
  return { ...server, port };
}

async function answersPing(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer).startsWith('+PONG');
  } finally {
    socket.destroy();
  }
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
