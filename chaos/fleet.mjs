/**
 * The processes under attack: workers and servers, each behind a proxy of its own, each with a clock that is wrong in its own way.
 * Whatever ends is started again, as a supervisor would.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startChild } from './child.mjs';
import { tcpProxy } from './proxy.mjs';

const SKEW = pathToFileURL(path.join(import.meta.dirname, 'skew.mjs')).href;
const HOUR_MS = 3_600_000;
/** A process that cannot start, because the database is away, is not started again at once. */
const RESTART_MS = 200;
const SERVE = ['--no-worker', '--port', '0', '--json', '--grace', '5s'];
/** A worker that has not begun its work proves little when it dies. */
const AT_WORK_MS = 500;
const READY_TIMEOUT_MS = 60_000;
/** Small, so that a step which eats memory ends its process soon. */
const HEAP_MEGABYTES = 160;

/**
 * @param {{ scratch: object, cluster: object, schema: string, random: object, leaseMs: number, workers: number, servers: number }} options
 */
export async function openFleet(options) {
  const { cluster, random, workers, servers } = options;
  const slots = [];
  for (let index = 0; index < workers + servers; index += 1) {
    const proxy = await tcpProxy(cluster.url);
    cluster.onMove((url) => proxy.retarget(url));
    const isWorker = index < workers;
    const slot = {
      name: isWorker ? `worker-${index + 1}` : `server-${index - workers + 1}`,
      proxy,
      skewMs: random.pick([-HOUR_MS, 0, HOUR_MS, 25 * 24 * HOUR_MS]),
      process: null,
      isReady: false,
      readyAt: 0,
      isPaused: false,
      isStopping: false,
      url: null,
    };
    slots.push(slot);
  }
  return new Fleet(options, slots);
}

class Fleet {
  #options;
  #slots;
  #isClosing = false;
  /** Processes that were ended by themselves or by a step: not by us. */
  crashes = 0;
  /** `step.lease_lost` of every worker. */
  refused = 0;
  /** Each SIGKILL of a worker at work: { pid, at } by this process's clock. */
  kills = [];

  constructor(options, slots) {
    this.#options = options;
    this.#slots = slots;
    for (const slot of slots) void this.#supervise(slot); // until the fleet is closed
  }

  get proxies() {
    return this.#slots.map(({ proxy }) => proxy);
  }

  /** Never none: where nobody works, all. */
  proxiesAtWork() {
    const atWork = this.#slots.filter(({ isReady, isPaused }) => isReady && !isPaused);
    return (atWork.length > 0 ? atWork : this.#slots).map(({ proxy }) => proxy);
  }

  /** Workers that can be hit: at work for a while, and not hit already. */
  workers() {
    return this.#slots.filter(
      ({ name, isReady, isPaused, readyAt }) =>
        name.startsWith('worker') && isReady && !isPaused && Date.now() - readyAt > AT_WORK_MS,
    );
  }

  servers() {
    return this.#slots.filter((slot) => slot.url !== null);
  }

  async kill(slot) {
    const { process: victim } = slot;
    slot.isStopping = true;
    slot.isReady = false;
    slot.url = null;
    if (slot.name.startsWith('worker')) this.kills.push({ pid: victim.pid, at: Date.now() });
    victim.signal('SIGKILL');
    await victim.ended;
  }

  /** SIGTERM; answers how it ended. */
  async stop(slot) {
    const { process: leaving } = slot;
    slot.isStopping = true;
    slot.isReady = false;
    slot.url = null;
    leaving.signal('SIGTERM');
    return leaving.ended;
  }

  async pause(slot, milliseconds) {
    const { process: victim } = slot;
    slot.isPaused = true;
    victim.signal('SIGSTOP');
    await delay(milliseconds);
    victim.signal('SIGCONT');
    slot.isPaused = false;
  }

  /** Resolves once every process works. @throws Error with what they say when that takes too long */
  async allReady() {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (this.#slots.some(({ isReady }) => !isReady)) {
      if (Date.now() > deadline)
        throw new Error(`not every process started: ${JSON.stringify(this.told(), null, 1)}`);
      await delay(50);
    }
  }

  /** What the workers said last, for the report of a failure. */
  told() {
    return this.#slots.map(({ name, process }) => ({ name, told: process?.told.slice(-15) ?? [] }));
  }

  /** SIGTERM for all; answers those that did not end with 0. */
  async close() {
    this.#isClosing = true;
    const ends = await Promise.all(
      this.#slots.map(async (slot) => {
        if (slot.process === null || slot.process.hasEnded()) return null;
        slot.process.signal('SIGTERM');
        const timer = setTimeout(() => slot.process.signal('SIGKILL'), 60_000);
        const { code } = await slot.process.ended;
        clearTimeout(timer);
        return code === 0 ? null : `${slot.name} ended with ${code}`;
      }),
    );
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    return ends.filter((end) => end !== null);
  }

  async #supervise(slot) {
    while (!this.#isClosing) {
      slot.isStopping = false;
      slot.process = slot.name.startsWith('worker')
        ? this.#startWorker(slot)
        : this.#startServer(slot);
      slot.process.ready.then(
        (url) => {
          slot.isReady = true;
          slot.readyAt = Date.now();
          slot.url = url ?? null;
        },
        () => undefined, // it ends, and is started again
      );
      await slot.process.ended;
      if (!slot.isStopping && !this.#isClosing && slot.isReady) this.crashes += 1;
      slot.isReady = false;
      slot.url = null;
      await delay(RESTART_MS);
    }
  }

  #startWorker({ name, proxy, skewMs }) {
    const { scratch, schema, leaseMs } = this.#options;
    const child = startChild(
      {
        package: scratch.package,
        database: proxy.url,
        schema,
        tasks: scratch.tasks,
        witness: scratch.file('witness'),
        worker: { concurrency: 16, lease: `${leaseMs}ms`, shutdownGrace: '10s' },
        tellsStored: true,
      },
      {
        directory: scratch.folder(name),
        execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`, '--import', SKEW],
        env: { ...process.env, CHAOS_SKEW_MS: String(skewMs) },
      },
    );
    child.onEvent((event) => {
      if (event === 'step.lease_lost') this.refused += 1;
    });
    return child;
  }

  #startServer({ name, proxy, skewMs }) {
    const { scratch, schema } = this.#options;
    const where = ['--handlers', scratch.handlers, '--schema', schema];
    const child = spawn(
      process.execPath,
      ['--import', SKEW, scratch.cli, 'serve', scratch.tasks, ...SERVE, ...where],
      {
        cwd: scratch.folder(name),
        env: { ...process.env, DATABASE_URL: proxy.url, CHAOS_SKEW_MS: String(skewMs) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const told = [];
    child.stderr.setEncoding('utf8').on('data', (text) => {
      told.push(text.trim());
      if (told.length > 200) told.splice(0, 100);
    });
    return {
      pid: child.pid,
      told,
      ended: once(child, 'exit').then(([code, signal]) => ({ code, signal })),
      ready: urlIn(child),
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      signal: (signal) => void child.kill(signal),
    };
  }
}

/** The address in the `server.ready` document, which is the first line. */
function urlIn(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))).url);
    });
    child.once('exit', () => reject(new Error('it ended before it listened')));
  });
}
