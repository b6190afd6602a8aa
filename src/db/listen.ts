import type { Client, Notification } from 'pg';

import { unavailable } from './failure.ts';
import { systemPorts } from '../kernel/ports.ts';
import { fullJitter, pause } from './pause.ts';

/**
 * LISTEN on a connection of its own, which comes back by itself.
 *
 * I1: `onGap` is called after every reconnection, because hints sent in between are lost.
 * I2: a connection that is silent is not trusted: every 5 s it must answer `select 1` within 5 s, or it is replaced. So a half-open
 *     connection is found within 10 s.
 * I3: after `stop()` no callback is called and nothing is left running.
 */
export interface ListenOptions {
  /** Opens a connected client that has an `error` listener. */
  readonly open: () => Promise<Client>;
  readonly channel: string;
  readonly onNotify: (payload: string) => void;
  readonly onGap: () => void;
  /** How often the connection must prove that it lives, and how long that may take. @default 5000 */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 5_000;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 10_000;

/** Starts to listen. Resolves once the server listens; rejects when the first connection fails. The answer stops it. */
export async function listenOn(options: ListenOptions): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  let session: Session;
  try {
    session = await openSession(options);
  } catch (error) {
    throw unavailable(error);
  }
  const running = keepListening(options, session, stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

/** One connection that listens. `ended` is aborted when it broke or was found silent. */
interface Session {
  readonly client: Client;
  readonly ended: AbortSignal;
}

async function keepListening(
  options: ListenOptions,
  first: Session,
  stop: AbortSignal,
): Promise<void> {
  let session: Session | null = first;
  while (session !== null) {
    await watch(session, options.heartbeatMs ?? HEARTBEAT_MS, stop);
    await closeSession(session);
    session = await reopen(options, stop);
    if (session !== null) options.onGap();
  }
}

async function reopen(options: ListenOptions, stop: AbortSignal): Promise<Session | null> {
  for (let failures = 0; !stop.aborted; failures += 1) {
    const ceiling = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** failures);
    await pause(
      RECONNECT_MIN_MS + fullJitter(ceiling - RECONNECT_MIN_MS, systemPorts.random),
      stop,
    );
    if (stop.aborted) return null;
    const opening = openSession(options);
    try {
      const session = await Promise.race([opening, aborted(stop)]);
      if (session !== null) return session;
      opening.then(closeSession, () => undefined); // whatever comes of it, nobody waits for it any more
    } catch {
      // The server is still away: the next round tries again, for as long as somebody wants to listen.
    }
  }
  return null;
}

/** Resolves to null when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

async function openSession({ open, channel, onNotify }: ListenOptions): Promise<Session> {
  const client = await open();
  const ended = new AbortController();
  client.on('end', () => ended.abort());
  client.on('error', () => ended.abort());
  client.on('notification', (message: Notification) => {
    if (message.channel === channel && !ended.signal.aborted) onNotify(message.payload ?? '');
  });
  const session = { client, ended: ended.signal };
  try {
    await client.query(withTimeout(`listen ${client.escapeIdentifier(channel)}`, HEARTBEAT_MS));
  } catch (error) {
    await closeSession(session);
    throw error;
  }
  return session;
}

/** Returns when the session is no longer good, or when it is time to stop. I2 lives here. */
async function watch(
  { client, ended }: Session,
  heartbeatMs: number,
  stop: AbortSignal,
): Promise<void> {
  const over = AbortSignal.any([ended, stop]);
  for (;;) {
    await pause(heartbeatMs, over);
    if (over.aborted) return;
    try {
      await client.query(withTimeout('select 1', heartbeatMs));
    } catch {
      return; // silent or broken: the caller replaces it
    }
  }
}

/** pg reads `query_timeout` from every query; its types know it for whole clients only. */
function withTimeout(text: string, milliseconds: number): { text: string } {
  const config = { text, query_timeout: milliseconds };
  return config;
}

/** Ends a client without waiting for a server that may never answer. */
async function closeSession({ client }: Session): Promise<void> {
  client.removeAllListeners('notification');
  const ended = new AbortController();
  await Promise.race([client.end().finally(() => ended.abort()), pause(1_000, ended.signal)]);
  if (!ended.signal.aborted) Reflect.apply(Reflect.get(client, 'unref'), client, []); // a silent server must not keep the process alive
}
