/**
 * Calls other systems without being led to inner ones.
 *
 * I1: every address that a name resolves to is checked before anything is sent, and the connection goes to a checked address: the
 *     name is not resolved a second time.
 * I2: every redirect is checked in the same way, at most three are followed, none from https to http.
 * I3: headers that carry credentials never reach another origin than the first.
 * Numeric forms (decimal, octal, hexadecimal, short) are IPv4 addresses by the rules of WHATWG URLs, so I1 sees what is connected to.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { traceCall } from '../telemetry/call-span.ts';
import { whyNotPublic } from './address.ts';
import { permanentFailure } from './attempt-error.ts';
import { exchange } from './exchange.ts';
import type { Answer, Exchange, HostAddress } from './exchange.ts';

/** Which addresses steps may call. */
export interface OutboundPolicy {
  /** Host names or IP addresses, with or without a port, that may be called although they are not public. @default [] */
  readonly allowHosts?: readonly string[];
  /** Allow every loopback, private and link-local address. @default false */
  readonly allowPrivate?: boolean;
  /** Resolves a host name to all of its addresses. @default the system's resolver */
  readonly resolve?: (hostname: string) => Promise<readonly HostAddress[]>;
}

/** A request that may be redirected. */
export interface OutboundRequest extends Omit<Exchange, 'addresses'> {
  /** Lower-case names of the headers that only the first origin may see. */
  readonly secretHeaders: ReadonlySet<string>;
  /** True for a redirect status that the caller wants to see itself. */
  readonly keeps: (status: number) => boolean;
  /** Writes an address for messages, without anything secret. */
  readonly shown: (url: URL) => string;
}

const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const CONTENT_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
]);

/**
 * Sends the request, follows redirects, and gives the final answer whatever its status.
 *
 * @throws PermanentError with code `BLOCKED_ADDRESS` or `UNEXPECTED_RESPONSE`; otherwise what `exchange` and the resolver throw
 */
export async function sendGuarded(
  request: OutboundRequest,
  policy: OutboundPolicy,
): Promise<Answer> {
  let hop = request;
  for (let redirects = 0; ; redirects += 1) {
    const addresses = await checkedAddresses(hop, policy);
    const answer = await tracedExchange({ ...hop, addresses }, redirects);
    const location = answer.headers['location'];
    if (!REDIRECTS.has(answer.status) || request.keeps(answer.status) || location === undefined)
      return answer;
    if (redirects === MAX_REDIRECTS)
      throw unexpected(request, `more than ${MAX_REDIRECTS} redirects`);
    hop = redirected(hop, { status: answer.status, location });
  }
}

/** One hop as a client span. A `traceparent` that the step itself sets stays as it is. */
function tracedExchange(
  hop: OutboundRequest & Pick<Exchange, 'addresses'>,
  redirects: number,
): Promise<Answer> {
  const { method, url } = hop;
  const own = Object.keys(hop.headers).some((name) => name.toLowerCase() === 'traceparent');
  return traceCall({ method, url, shown: hop.shown(url), redirects }, (headers) =>
    exchange(own ? hop : { ...hop, headers: { ...hop.headers, ...headers } }),
  );
}

function redirected(
  hop: OutboundRequest,
  { status, location }: { readonly status: number; readonly location: string },
): OutboundRequest {
  if (!URL.canParse(location, hop.url.href)) {
    throw unexpected(hop, 'a redirect to something that is no address');
  }
  const url = new URL(location, hop.url);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw blocked({ ...hop, url }, 'a redirect from https to http');
  }
  // As browsers do: 303 asks for a GET, and 301 and 302 turn a POST into one.
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST';
  const headers = Object.entries(hop.headers).filter(
    ([name]) =>
      !(becomesGet && CONTENT_HEADERS.has(name.toLowerCase())) &&
      !(url.origin !== hop.url.origin && hop.secretHeaders.has(name.toLowerCase())),
  );
  return {
    ...hop,
    url,
    headers: Object.fromEntries(headers),
    ...(becomesGet && { method: 'GET', body: null }),
  };
}

/** The addresses behind the URL of a hop, all of them allowed. */
async function checkedAddresses(
  hop: OutboundRequest,
  policy: OutboundPolicy,
): Promise<readonly HostAddress[]> {
  const { url } = hop;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw blocked(hop, `the scheme ${url.protocol} is not http or https`);
  }
  if (url.username !== '' || url.password !== '') {
    throw blocked(hop, 'it carries a user name or password; use auth');
  }
  const host = hostOf(url);
  const family = isIP(host);
  const addresses =
    family === 0
      ? await untilAborted((policy.resolve ?? resolveBySystem)(host), hop.signal)
      : [{ address: host, family: family === 4 ? (4 as const) : (6 as const) }];
  if (policy.allowPrivate === true || isAllowedByName(url, policy.allowHosts ?? [])) {
    return addresses;
  }
  for (const { address } of addresses) {
    const reason = whyNotPublic(address);
    if (reason === null) continue;
    const found = address === host ? 'it is' : `it resolves to ${address}, which is`;
    throw blocked(hop, `${found} ${reason}`);
  }
  return addresses;
}

async function resolveBySystem(hostname: string): Promise<readonly HostAddress[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

/** Host names compare without case and trailing dot; an entry without a port allows every port. */
function isAllowedByName(url: URL, allowHosts: readonly string[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return allowHosts.some((entry) => {
    const [, name = '', entryPort] =
      /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
    if (!URL.canParse(`http://${name}`)) return false;
    return (
      hostOf(new URL(`http://${name}`)) === hostOf(url) &&
      (entryPort === undefined || entryPort === port)
    );
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** A name lookup cannot be aborted; the one who waits for it can. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortError(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error('aborted', { cause: signal.reason });
}

function blocked({ url, shown }: OutboundRequest, problem: string): Error {
  return permanentFailure({ code: 'BLOCKED_ADDRESS', details: { url: shown(url), problem } });
}

function unexpected({ url, shown }: OutboundRequest, problem: string): Error {
  return permanentFailure({ code: 'UNEXPECTED_RESPONSE', details: { url: shown(url), problem } });
}

/** A URL for messages: no credentials, no query, which often holds keys. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
