import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CARTS, type Cart } from './carts.ts';
import { CATALOGUE, type Product } from './catalogue.ts';
import { createFaultSwitch, parseFault, type Fault, type FaultSwitch } from './faults.ts';
import { openSink, type EventSink } from './sink.ts';

export { parseFault };

export interface ShopOptions {
  /** 0 takes any free port. @default 4848 */
  readonly port?: number;
  /** File of the published events; null keeps them in memory. @default null */
  readonly eventsFile?: string | null;
  /** How long every answer takes, in milliseconds, so that a person can follow. @default 0 */
  readonly latencyMs?: number;
  /** The clock of the event sink. @default the machine's */
  readonly now?: () => Date;
}

/** A running shop. */
export interface Shop {
  readonly url: string;
  readonly port: number;
  readonly faults: FaultSwitch;
  readonly sink: EventSink;
  /** Every request so far, as `GET /carts/3`, without those to `/faults`. */
  requests(): readonly string[];
  /** Ends the server and every connection that is still open. Twice is fine. */
  stop(): Promise<void>;
}

/** The port of the shop when nobody says otherwise. */
export const SHOP_PORT = 4848;

/**
 * Starts the shop on the loopback address:
 * `GET /carts/:id`, `GET /products`, `GET /products/:id`, `GET` and `POST /events` (the event sink),
 * `GET`, `PUT` and `DELETE /faults` (what goes wrong on purpose).
 *
 * @throws the error of `listen` (code `EADDRINUSE`) when the port is taken
 */
export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  const faults = createFaultSwitch();
  const sink = openSink(options.eventsFile ?? null, options.now ?? (() => new Date()));
  const requests: string[] = [];
  const waits = new AbortController();
  const parts: Parts = {
    faults,
    sink,
    latencyMs: options.latencyMs ?? 0,
    requests,
    closing: waits.signal,
  };
  const server = createServer((request, response) => {
    // A client that went away mid-answer is its own business, not the shop's: nothing is left to tell it.
    answer(parts, request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? SHOP_PORT, '127.0.0.1');
  await once(server, 'listening'); // rejects with the error of listen
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    sink,
    requests: () => requests,
    async stop() {
      if (!server.listening) return;
      waits.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Parts {
  readonly faults: FaultSwitch;
  readonly sink: EventSink;
  readonly latencyMs: number;
  readonly requests: string[];
  /** Aborted when the shop stops. */
  readonly closing: AbortSignal;
}

/** A status and what is sent as JSON. */
interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function answer(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://shop');
  const body = await readBody(request);
  if (pathname === '/faults')
    return send(response, answerFaults(parts.faults, request.method, body));
  parts.requests.push(`${request.method} ${pathname}`);
  await pause(parts.latencyMs, parts.closing);
  const fault = parts.faults.take(pathname);
  if (fault !== null && fault.fault !== 'slow') return spoil(response, fault);
  if (fault !== null) await pause(fault.delayMs, parts.closing);
  send(
    response,
    route(parts.sink, { method: request.method ?? 'GET', pathname, body, key: keyOf(request) }),
  );
}

interface Call {
  readonly method: string;
  readonly pathname: string;
  readonly body: string;
  readonly key: string | null;
}

function route(sink: EventSink, call: Call): Reply {
  const [, collection = '', id = null] = call.pathname.split('/');
  if (collection === 'events')
    return call.method === 'POST' ? publish(sink, call) : listEvents(sink);
  if (call.method !== 'GET')
    return { status: 405, body: { error: `${call.method} is not allowed here` } };
  if (collection === 'carts' && id !== null) {
    const cart = CARTS.find((one) => String(one.id) === id);
    return cart
      ? { status: 200, body: { cart: toCartWire(cart) } }
      : notFound(`Cart not found: ${id}`);
  }
  if (collection === 'products' && id === null) {
    return {
      status: 200,
      body: { products: CATALOGUE.map(toProductWire), total: CATALOGUE.length },
    };
  }
  if (collection === 'products') {
    const product = CATALOGUE.find((one) => String(one.id) === id);
    return product
      ? { status: 200, body: { product: toProductWire(product) } }
      : notFound(`Product not found: ${id}`);
  }
  return notFound(`Nothing is here: ${call.pathname}`);
}

function listEvents(sink: EventSink): Reply {
  const events = sink.list().map((stored) => ({
    id: stored.id,
    idempotency_key: stored.idempotencyKey,
    received_at: stored.receivedAt,
    event: stored.event,
  }));
  return { status: 200, body: { events } };
}

function publish(sink: EventSink, call: Call): Reply {
  const event = parseJson(call.body);
  if (event === undefined) return { status: 400, body: { error: 'The event is not JSON' } };
  if (call.key === null)
    return { status: 400, body: { error: 'The header Idempotency-Key is missing' } };
  const answer = sink.publish(call.key, event);
  if (answer.kind === 'conflict') {
    return {
      status: 409,
      body: {
        error: `Key ${call.key} belongs to event ${answer.stored.id}, which has other content`,
      },
    };
  }
  return {
    status: answer.created ? 201 : 200,
    body: { event_id: answer.stored.id, received_at: answer.stored.receivedAt },
  };
}

function answerFaults(faults: FaultSwitch, method: string | undefined, body: string): Reply {
  if (method === 'PUT') {
    const request = parseFault(parseJson(body));
    if (typeof request === 'string') return { status: 400, body: { error: request } };
    faults.set(request);
  }
  if (method === 'DELETE') faults.clear();
  const list = faults.list().map((fault) => ({
    path: fault.path,
    fault: fault.fault,
    times: fault.times,
    retry_after: fault.retryAfter,
    delay_ms: fault.delayMs,
  }));
  return { status: 200, body: { faults: list } };
}

function spoil(response: ServerResponse, fault: Fault): void {
  if (fault.fault === 'reset') {
    response.destroy();
  } else if (fault.fault === 'wrong_json') {
    // Cut short, as a proxy that gives up half-way would do it.
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"products": [{"id": 1, "na');
  } else {
    if (fault.retryAfter !== null) response.setHeader('Retry-After', String(fault.retryAfter));
    send(response, {
      status: Number(fault.fault),
      body: { error: `The shop was told to answer ${fault.fault}` },
    });
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response
    .writeHead(reply.status, { 'content-type': 'application/json' })
    .end(`${JSON.stringify(reply.body)}\n`);
}

/** On the wire: snake_case, and money as the decimal number that people read. */
function toProductWire(product: Product) {
  const { id, name, category, priceCents, stock } = product;
  return { id, name, category, price: priceCents / 100, stock };
}

function toCartWire(cart: Cart) {
  return {
    id: cart.id,
    customer_id: cart.customerId,
    lines: cart.lines.map((line) => ({
      product_id: line.productId,
      quantity: line.quantity,
      discount_percentage: line.discountPercentage,
    })),
  };
}

function notFound(error: string): Reply {
  return { status: 404, body: { error } };
}

function keyOf(request: IncomingMessage): string | null {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' && key !== '' ? key : null;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says that it is not JSON
  }
}

/** Waits, but not longer than the shop runs. */
function pause(ms: number, closing: AbortSignal): Promise<void> {
  if (ms === 0 || closing.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      closing.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    closing.addEventListener('abort', done);
  });
}
