/**
 * Starts a server that a peer needs beside PostgreSQL: loopback, a free port, a folder of its own, and nothing left behind.
 *
 * I1: a shell is the server's parent. When its input ends (we dispose of it, or we die in whatever way), it ends the server and
 *     removes the folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const START_TIMEOUT_MS = 30_000;

/** I1. The server's process id is the first line that it writes; the server itself writes to the log. */
const KEEPER = `
folder=$1; shift
"$@" > "$folder/log" 2>&1 < /dev/null &
pid=$!
echo "$pid"
cat > /dev/null
kill -TERM "$pid" 2> /dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  kill -0 "$pid" 2> /dev/null || break
  sleep 0.2
done
kill -KILL "$pid" 2> /dev/null
wait
rm -rf "$folder"`;

/**
 * @param {{ program: string, argumentsIn: (folder: string) => readonly string[], env?: Readonly<Record<string, string>>,
 *   isReady: () => Promise<boolean> }} server
 * @returns {Promise<{ pid: number, folder: string, dispose: () => Promise<void> }>}
 * @throws Error with the end of the server's log when it is not ready within 30 s
 */
export async function startChildServer({ program, argumentsIn, env = {}, isReady }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-peer-'));
  closeSync(openSync(path.join(folder, 'log'), 'w'));
  const keeper = spawn(
    '/bin/sh',
    ['-c', KEEPER, 'tasker-peer', folder, program, ...argumentsIn(folder)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
      detached: true,
      cwd: folder,
    },
  );
  const ended = once(keeper, 'exit');
  const [line] = await once(createInterface(keeper.stdout), 'line');
  const dispose = async () => {
    keeper.stdin.end();
    await ended;
  };
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isReady().catch(() => false))) {
    if (performance.now() > deadline) {
      const log = readFileSync(path.join(folder, 'log'), 'utf8').slice(-400);
      await dispose();
      throw new Error(`${path.basename(program)} did not start: ${log}`);
    }
    await delay(20);
  }
  return { pid: Number(line), folder, dispose };
}

/** A port that nobody listens on now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
