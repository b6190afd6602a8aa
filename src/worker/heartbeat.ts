import { createRequire } from 'node:module';
import { Worker as Thread } from 'node:worker_threads';
import type { EngineParts } from '../engine/parts.ts';
import { renewLeaseText } from '../store/workers/renew-lease.ts';

/** When a renewal that failed is tried again. */
const AGAIN_MS = 1_000;

/** How a lease is kept. */
export interface HeartbeatOptions {
  readonly workerId: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** The worker was declared lost: its steps belong to others now. */
  readonly onLost: () => void;
}

export interface Heartbeat {
  stop(): Promise<void>;
}

/**
 * Keeps a worker's lease: one UPDATE per interval, whatever the number of steps.
 *
 * I1: where the database allows it, the heartbeat runs in a thread with a connection of its own, so that a handler which computes for
 *     seconds does not cost the lease.
 * I2: the thread stops renewing when the main loop has not turned for longer than the lease: a wedged process loses its work.
 * I3: a renewal that cannot reach the database is tried again within a second; the lease decides, not the error. So after an outage
 *     the lease is renewed before others look for lost workers again (see the chores).
 */
export function startHeartbeat(parts: EngineParts, options: HeartbeatOptions): Heartbeat {
  const connection = parts.db.threadConnection;
  return connection === null
    ? beatHere(parts, options)
    : beatInThread(parts, connection.connectionString, options);
}

function beatHere(
  parts: EngineParts,
  { workerId, leaseMs, heartbeatMs, onLost }: HeartbeatOptions,
): Heartbeat {
  let beating: Promise<void> = Promise.resolve();
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  const beat = async (): Promise<void> => {
    let nextMs = heartbeatMs;
    try {
      if (!(await parts.store.renewLease(parts.db, workerId, leaseMs))) onLost();
    } catch (error) {
      parts.logger.warn({ err: error }, 'the lease was not renewed');
      nextMs = Math.min(heartbeatMs, AGAIN_MS);
    }
    next(nextMs);
  };
  const next = (inMs: number): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      beating = beat();
    }, inMs);
  };
  next(heartbeatMs);
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await beating;
    },
  };
}

function beatInThread(
  parts: EngineParts,
  connectionString: string,
  options: HeartbeatOptions,
): Heartbeat {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Thread(THREAD, {
    eval: true,
    workerData: {
      pg: createRequire(import.meta.url).resolve('pg'),
      connectionString,
      text: renewLeaseText(parts.store.tables),
      workerId: options.workerId,
      leaseMs: options.leaseMs,
      heartbeatMs: options.heartbeatMs,
      againMs: AGAIN_MS,
      turns,
    },
  });
  thread.unref();
  const turn = setInterval(() => Atomics.add(turns, 0, 1), Math.min(250, options.heartbeatMs / 2));
  turn.unref();
  let stopping = false;
  let fallback: Heartbeat | null = null;
  thread.on('message', (message: unknown) => {
    if (message === 'lost' && !stopping) options.onLost();
  });
  thread.on('error', (error) => {
    // A thread that cannot run must not cost the lease: the main loop takes over.
    parts.logger.warn({ err: error }, 'the heartbeat thread ended');
    if (!stopping) fallback = beatHere(parts, options);
  });
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  return {
    async stop() {
      stopping = true;
      clearInterval(turn);
      thread.postMessage('stop');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      await thread.terminate();
      await fallback?.stop();
    },
  };
}

/** CommonJS text, because a thread cannot load TypeScript on Node 20, and the package must run compiled and from its sources. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { Client } = require(workerData.pg);
let client = null, seen = -1, seenAt = Date.now(), busy = null, again = null;
async function beat() {
  const turn = Atomics.load(workerData.turns, 0);
  if (turn !== seen) { seen = turn; seenAt = Date.now(); }
  if (Date.now() - seenAt > workerData.leaseMs) return;
  try {
    if (client === null) {
      const fresh = new Client({ connectionString: workerData.connectionString, application_name: 'tasker heartbeat',
        connectionTimeoutMillis: workerData.heartbeatMs, query_timeout: workerData.leaseMs, keepAlive: true });
      fresh.on('error', () => { if (client === fresh) { client = null; beatSoon(); } });
      await fresh.connect();
      client = fresh;
    }
    const { rowCount } = await client.query(workerData.text, [workerData.workerId, workerData.leaseMs]);
    if (rowCount === 0) parentPort.postMessage('lost');
  } catch {
    const broken = client;
    client = null;
    if (broken) broken.end().catch(() => {});
    beatSoon();
  }
}
let stopping = false;
function beatSoon() {
  clearTimeout(again);
  if (!stopping) again = setTimeout(tick, Math.min(workerData.heartbeatMs, workerData.againMs));
}
const tick = () => { busy ??= beat().finally(() => { busy = null; }); };
const timer = setInterval(tick, workerData.heartbeatMs);
parentPort.on('message', async () => {
  stopping = true;
  clearInterval(timer);
  clearTimeout(again);
  await busy;
  if (client) await client.end().catch(() => {});
  parentPort.close();
});
`;
