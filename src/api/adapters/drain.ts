import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { TaskerApi } from '../app.ts';

/** What is drained: a server whose listener says `connection: close` in every answer once the server does not listen any more. */
interface Draining {
  readonly server: Server;
  readonly api: Pick<TaskerApi, 'close'>;
  /** Answers that are not finished. */
  readonly underWay: ReadonlySet<ServerResponse>;
  readonly graceMs: Milliseconds;
}

/** How long a connection on which nothing is under way stays open for a request that its client may just be sending. */
const IDLE_MS: Milliseconds = 1_000;

/**
 * Closes a server without a failed request.
 *
 * I1: from the first moment on no connection is accepted, so a client goes to another server at once.
 * I2: a request that comes over an open connection is answered, and its answer ends the connection. Closing idle connections at once, as
 *     `server.close()` does, would cut off the client that is just sending.
 * I3: it ends: idle connections are closed after a second without requests, all others after the grace.
 */
export async function drain({ server, api, underWay, graceMs }: Draining): Promise<void> {
  const isClosed = new Promise<void>((resolve) => server.once('close', resolve));
  // http.Server's own close() closes idle connections (I2); what it is made of does not.
  NetServer.prototype.close.call(server);
  for (const response of underWay) {
    if (!response.headersSent) response.setHeader('connection', 'close');
  }
  await api.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS);
  try {
    await isClosed;
  } finally {
    clearTimeout(cut);
    clearInterval(idle);
    server.close(); // stops the server's own watch over slow clients
  }
}
