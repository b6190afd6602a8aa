import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TaskerError } from '../../kernel/errors.ts';
import { parseDuration, type Duration } from '../../kernel/duration.ts';
import type { Tasker } from '../../tasker-interface.ts';
import type { TaskerApi } from '../app.ts';
import { LOOPBACK_NAMES } from '../http/guard.ts';
import { drain } from './drain.ts';
import type { HostOptions } from './hosted-api.ts';
import { listenAddress, type ListenAddress } from './listen-address.ts';
import { createNodeBridge } from './node-bridge.ts';

/** Where and how a server of its own listens, besides the options of the interface. */
export interface ServeOptions extends HostOptions<IncomingMessage> {
  /** A name or an address. One that can be reached from outside needs `authenticate`. @default "127.0.0.1" */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long requests under way may take after `close()` before their connections are cut. @default "10s" */
  readonly grace?: Duration;
}

/** A server that listens. */
export interface TaskerServer {
  readonly api: TaskerApi;
  /** Where it listens, such as `http://127.0.0.1:8080/tasker`. */
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /**
   * Stops without a failed request: accepts no new connection, ends event streams, answers what comes over open connections and closes
   * them with the answer, cuts what is left after the grace. Twice is fine. Stop the Tasker afterwards.
   */
  close(): Promise<void>;
}

/** What a slow or strange client may cost. Answers, and so event streams, may take as long as they like. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Longer than the usual 60 s of load balancers, so that it is they who close. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
  connectionsCheckingInterval: 1_000,
} as const;
/** Node drops further ones without a word, and with them perhaps the one that matters. */
const MOST_HEADERS = 100;

/**
 * Serves the interface of a Tasker on a port of its own, with limits on heads, bodies and slow clients. On a loopback address only
 * loopback names and `allowedHosts` are accepted as Host, so that no page elsewhere can call it under a name of its own.
 *
 * @throws (rejects) PUBLIC_WITHOUT_AUTHENTICATION, ADDRESS_UNAVAILABLE, INVALID_OPTION, INVALID_DURATION
 */
export async function serveTasker(tasker: Tasker, options: ServeOptions): Promise<TaskerServer> {
  const { host = '127.0.0.1', port, grace = '10s', ...rest } = options;
  const graceMs = parseDuration(grace, 'grace');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TaskerError('INVALID_OPTION', {
      option: 'port',
      problem: 'must be a whole number from 0 to 65535',
    });
  const at = await listenAddress(host);
  if (!at.isLoopback && rest.authenticate === undefined)
    throw new TaskerError('PUBLIC_WITHOUT_AUTHENTICATION', { address: at.address });
  const { api, answer } = createNodeBridge(tasker, {
    ...rest,
    ...(at.isLoopback
      ? { allowedHosts: [...LOOPBACK_NAMES, shown(at), ...(rest.allowedHosts ?? [])] }
      : {}),
  });
  const underWay = new Set<ServerResponse>();
  const server = createServer(LIMITS, (request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    if (!server.listening) response.setHeader('connection', 'close');
    // Of two hosts Node takes the first; a proxy in front may have taken the second.
    if (countOf('host', request) > 1)
      return void response.writeHead(400, { connection: 'close' }).end();
    // As Node itself does for a head of too many bytes.
    if (request.rawHeaders.length > 2 * MOST_HEADERS)
      return void response.writeHead(431, { connection: 'close' }).end();
    void answer(request, response, { hostRequest: request });
  });
  server.maxHeadersCount = MOST_HEADERS + 1;
  const bound = await listen(server, at, port);
  let closing: Promise<void> | null = null;
  return {
    api,
    url: `http://${shown(at)}:${bound}${api.basePath}`,
    address: at.address,
    port: bound,
    close: () => (closing ??= drain({ server, api, underWay, graceMs })),
  };
}

/** How often a header stands in the head of a request. */
function countOf(header: string, { rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === header).length;
}

/** The address as it stands in a URL. */
function shown({ address }: ListenAddress): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** @throws ADDRESS_UNAVAILABLE */
async function listen(server: Server, { address }: ListenAddress, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const problem = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new TaskerError('ADDRESS_UNAVAILABLE', { address, port, problem }, { cause });
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
