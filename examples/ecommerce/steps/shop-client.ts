import { PermanentError, RetryableError, type HandlerContext } from 'tasker-engine';
import { contextSchema, expectShape } from './data.ts';

/** One request to the shop. */
export interface ShopRequest {
  readonly url: string;
  readonly signal: AbortSignal;
  /** Sent as JSON with POST; without it the request is a GET. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

/** The address of the shop for this task: always this machine, only the port can be chosen. */
export function shopUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The context of an order task, checked, with its default. */
export function orderContext(ctx: Pick<HandlerContext, 'context'>): {
  cart_id: number;
  shop_port: number;
} {
  return expectShape(contextSchema, ctx.context, 'The context');
}

/**
 * Asks the shop and returns the JSON of its answer.
 *
 * @throws RetryableError when asking again may help: no connection, an answer that is not JSON, status 408, 425, 429 or 5xx.
 *   A `Retry-After` of the shop is obeyed.
 * @throws PermanentError for every other status, with the shop's own words
 */
export async function askShop(request: ShopRequest): Promise<unknown> {
  const response = await send(request);
  const text = await response.text().catch((error: unknown) => fail(request, error));
  if (response.ok) return parse(request, text);
  const message = `${request.url} answered ${response.status}: ${reasonIn(text)}`;
  if (![408, 425, 429].includes(response.status) && response.status < 500)
    throw new PermanentError(message);
  const retryAfter = retryAfterOf(response.headers.get('retry-after'));
  throw new RetryableError(message, retryAfter === undefined ? {} : { retryAfter });
}

async function send(request: ShopRequest): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey;
  const post =
    request.body === undefined ? {} : { method: 'POST', body: JSON.stringify(request.body) };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  return fetch(request.url, { ...post, headers, signal: request.signal }).catch((error: unknown) =>
    fail(request, error),
  );
}

/** A broken connection is worth another attempt; an abort is the engine's decision and passes as it is. */
function fail(request: ShopRequest, error: unknown): never {
  if (request.signal.aborted) throw error;
  throw new RetryableError(`${request.url} cannot be reached`, { cause: error });
}

function parse(request: ShopRequest, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RetryableError(`${request.url} answered with something that is not JSON`, {
      cause: error,
    });
  }
}

function reasonIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'error' in body) return String(body.error);
  } catch {
    return text.slice(0, 200); // no JSON: show the beginning as it is
  }
  return text.slice(0, 200);
}

/** `Retry-After` in seconds or as an HTTP date; anything else counts as absent. */
function retryAfterOf(header: string | null): `${number}s` | Date | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return `${Number(header)}s`;
  const date = new Date(header);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
