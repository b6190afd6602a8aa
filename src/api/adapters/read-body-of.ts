import type { IncomingMessage } from 'node:http';
import type { NodeCall } from './node-bridge.ts';

/** What a body parser of the host leaves: the request with its `body`, and where it kept the bytes themselves, those. */
export interface ParsedRequest extends IncomingMessage {
  body?: unknown;
  rawBody?: unknown;
}

const JSON_TYPE = /^\s*application\/(json|[\w.-]+\+json)\s*(;|$)/i;

/**
 * The body of a request that a parser of the host may have read before. Text and bytes are read again as what they are; a body of
 * another kind than JSON is left to the interface, which refuses it by its type before it looks at it.
 */
export function readBodyOf(request: ParsedRequest): Pick<NodeCall<never>, 'parsedBody'> {
  if (!request.readableDidRead && !request.readableEnded) return {};
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) return {};
  if (request.rawBody instanceof Buffer) return {}; // the bridge reads it
  const { body } = request;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    request.rawBody = Buffer.from(body); // the name under which the bridge looks for bytes that were read
    return {};
  }
  // Parsers make an empty object of nothing.
  return { parsedBody: { value: request.headers['content-length'] === '0' ? undefined : body } };
}
