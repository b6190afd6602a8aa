import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A proxy in front of a server, to break the network on purpose. */
export interface TcpProxy {
  /** The same address as the target's, but through the proxy. */
  readonly url: string;
  /** From now on nothing is forwarded and nothing is closed: what a broken network looks like to both ends. */
  blackhole(): void;
  /** Forwards again; connections from before stay silent. */
  heal(): void;
  /** Cuts a connection as soon as the client sends a chunk with this text; the server still gets it, its answer is lost. */
  cutAfter(text: string): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free loopback port in front of the server of a `postgres://` address. */
export async function tcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  let isSilent = false;
  let cutText: string | null = null;
  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port), target.hostname);
    if (isSilent) silenced.add(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (chunk) => {
      if (silenced.has(client)) return;
      upstream.write(chunk);
      if (cutText !== null && chunk.includes(cutText)) client.destroy();
    });
    upstream.on('data', (chunk) => {
      if (!silenced.has(client) && !client.destroyed) client.write(chunk);
    });
    client.on('close', () => silenced.has(client) || upstream.end()); // the server reads what came, and then that nobody listens
    upstream.on('close', () => silenced.has(client) || client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port); // sound: it listens on TCP
  return {
    url: url.href,
    blackhole: () => {
      isSilent = true;
      for (const socket of sockets) silenced.add(socket);
    },
    heal: () => void (isSilent = false),
    cutAfter: (text) => void (cutText = text),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
