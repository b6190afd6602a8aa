import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

/** An address that a host name was resolved to. */
export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** How https servers are checked. @default the certificates that Node trusts */
export interface TlsSettings {
  readonly verify: boolean;
  /** PEM text of the certificate authorities to trust instead. */
  readonly ca: string | null;
}

/** One request to one server, without redirects. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The only addresses that may be connected to; the name is not resolved again. */
  readonly addresses: readonly HostAddress[];
  /** Bytes of the body after decompression. */
  readonly maxBytes: number;
  readonly tls: TlsSettings;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The body was longer than `maxBytes`; reading stopped there. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * Sends one request on a connection of its own and reads the whole answer.
 *
 * The connection is not shared or kept: one that another part of the process opened was not checked against this step's policy.
 *
 * @throws BodyTooLarge, the signal's AbortError, or the error of the connection
 */
export async function exchange(request: Exchange): Promise<Answer> {
  const incoming = await send(request);
  try {
    const body = await readBody(incoming, request);
    return { status: incoming.statusCode ?? 0, headers: flatHeaders(incoming), body };
  } finally {
    incoming.destroy();
  }
}

function send({
  url,
  method,
  headers,
  body,
  addresses,
  tls,
  signal,
}: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal, agent: false, lookup: lookupAmong(addresses) };
    const outgoing =
      url.protocol === 'https:'
        ? https.request(url, {
            ...options,
            rejectUnauthorized: tls.verify,
            ...(tls.ca !== null && { ca: tls.ca }),
          })
        : http.request(url, options);
    outgoing.on('response', resolve);
    outgoing.on('error', reject); // after the answer has begun this does nothing: its stream reports the error
    outgoing.end(body ?? undefined);
  });
}

/** Answers Node's name lookup with the addresses that were checked. */
function lookupAmong(addresses: readonly HostAddress[]): LookupFunction {
  return (hostname, options, callback) => {
    const [first] = addresses;
    if (first === undefined) callback(new Error(`${hostname} has no address`), '');
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

async function readBody(
  incoming: IncomingMessage,
  { method, maxBytes }: Exchange,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of method === 'HEAD' ? incoming : decompressed(incoming)) {
    const bytes: unknown = chunk;
    if (!Buffer.isBuffer(bytes)) continue; // a stream without an encoding gives buffers
    size += bytes.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decompressed(incoming: IncomingMessage): Readable {
  const encoding = incoming.headers['content-encoding']?.trim().toLowerCase();
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : null;
  if (decoder === null || incoming.statusCode === 204 || incoming.statusCode === 304)
    return incoming;
  return pipeline(incoming, decoder, () => undefined); // an error of either reaches the reader of the decoder
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
