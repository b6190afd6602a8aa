import { createConnection, createServer } from 'node:net';
import type { Server } from 'node:net';

/** What a lock socket says to whoever connects: it is on the way to own the lock, or owns it. */
export type Claim = 'candidate' | 'owner';

/** What connecting to a lock socket tells. `unsettled` means: ask again in a moment. */
export type Probe =
  | { readonly kind: 'dead' }
  | { readonly kind: 'unsettled' }
  /** Somebody holds the socket open. The pid is null when it did not answer, because it is stopped or busy. */
  | { readonly kind: 'alive'; readonly pid: number | null };

/** A socket that this process listens on. It does not keep the process alive. */
export interface LockSocket {
  claim: Claim;
  close(): Promise<void>;
}

const ANSWER_WAIT_MS = 500;

/** Listens on a path that does not exist yet. @throws the system's error, such as EADDRINUSE or ENOTSUP */
export function listenAt(path: string): Promise<LockSocket> {
  const socket: LockSocket = { claim: 'candidate', close: () => closeServer(server) };
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy()); // the one who asked went away
    connection.end(`${socket.claim} ${process.pid}\n`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(socket);
    });
  });
}

/** Finds out who is behind a socket. Only the kernel's own word, that nobody listens, counts as dead. */
export function probe(path: string): Promise<Probe> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    let isConnected = false;
    let text = '';
    const finish = (result: Probe): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish({ kind: 'alive', pid: null }), ANSWER_WAIT_MS);
    connection.setEncoding('latin1');
    connection.on('connect', () => (isConnected = true));
    connection.on('data', (part: string) => (text += part));
    connection.on('end', () => finish(readClaim(text)));
    connection.on('error', (error) =>
      finish(isConnected ? { kind: 'unsettled' } : failedConnect(error)),
    );
  });
}

function readClaim(text: string): Probe {
  const [, claim, pid] = /^(candidate|owner) (\d+)\n$/.exec(text) ?? [];
  return claim === 'owner' ? { kind: 'alive', pid: Number(pid) } : { kind: 'unsettled' };
}

function failedConnect(error: Error): Probe {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return { kind: 'dead' };
  return { kind: 'alive', pid: null }; // no right to connect, or its queue is full: there is somebody
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
