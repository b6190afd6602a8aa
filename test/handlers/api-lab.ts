import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { apiKind } from '../../src/handlers/api.ts';
import type { KindServices } from '../../src/handlers/step-kind.ts';
import type { Json } from '../../src/kernel/json.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import type { HandlerContext, StepHandler } from '../../src/model/handler-context.ts';

/** What the server received. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Lab {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  stop(): Promise<void>;
}

export type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real HTTP server on a loopback port that answers as the test wants and remembers what it was asked. */
export async function startLab(respond: Respond): Promise<Lab> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
      });
      respond(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // sound: it listens on a TCP port
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Gives `startLab` to the tests of a file; every server is stopped after the test that started it. */
export function useLabs(): (respond: Respond) => Promise<Lab> {
  const labs: Lab[] = [];
  afterEach(async () => {
    for (const lab of labs.splice(0)) await lab.stop();
  });
  return async (respond) => {
    const lab = await startLab(respond);
    labs.push(lab);
    return lab;
  };
}

/** Answers every request with this status, body and headers. */
export function always(
  status: number,
  body: string | Buffer = '',
  headers: http.OutgoingHttpHeaders = {},
): Respond {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

/** JSON with its Content-Type. */
export function json(value: Json, status = 200): Respond {
  return always(status, JSON.stringify(value), {
    'content-type': 'application/json; charset=utf-8',
  });
}

export const NOW = new Date('2026-03-01T12:00:00Z');

export function contextWith(change: Partial<HandlerContext> = {}): HandlerContext {
  return {
    context: { cart_id: 42 },
    deps: {},
    config: null,
    task: {
      id: 7,
      name: 'order',
      namespace: 'shop',
      version: '1.0.0',
      initiator: 'web',
      reason: 'test',
      sourceSystem: 'shop',
      tags: ['a'],
      requestedAt: NOW,
    },
    step: { id: 70, name: 'fetch', attempt: 2, maxAttempts: 3, dependentSystem: 'ecommerce' },
    sequence: { steps: [], findStepByName: () => null },
    signal: new AbortController().signal,
    idempotencyKey: '7:fetch',
    logger: silentLogger,
    annotate: () => undefined,
    ...change,
  };
}

export interface RunOptions {
  readonly ctx?: Partial<HandlerContext>;
  readonly services?: Partial<KindServices>;
  readonly handler?: StepHandler;
}

/** Runs one attempt of an api step that may call the loopback address. */
export async function runApi(
  config: Readonly<Record<string, Json>>,
  options: RunOptions = {},
): Promise<unknown> {
  const services: KindServices = {
    secret: (name) => (name === 'SHOP_TOKEN' ? 'canary-token-1' : undefined),
    now: () => NOW,
    outbound: { allowHosts: ['127.0.0.1'] },
    ...options.services,
  };
  const run = apiKind.bind({ type: 'api', ...config }, options.handler ?? null, services);
  return run(contextWith(options.ctx));
}

/** The error that an attempt ends with. */
export async function failureOf(
  attempt: Promise<unknown>,
): Promise<Error & { readonly [key: string]: unknown }> {
  const outcome = await attempt.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome))
    throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)}`);
  return outcome.error as Error & { readonly [key: string]: unknown }; // sound: the tests look at what the api step throws
}
