import { isTaskerError, TaskerError } from '../../kernel/errors.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import { parseJsonText } from './json-text.ts';

export interface BodyLimits {
  /** Largest body. */
  readonly bytes: number;
  /** Longest silence while the body arrives. */
  readonly idleMs: Milliseconds;
}

/**
 * Reads the JSON body of a request; undefined when there is none.
 *
 * @throws UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BODY_TIMEOUT, MALFORMED_BODY, UNSTORABLE_VALUE
 */
export async function readJsonBody(request: Request, limits: BodyLimits): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limits.bytes) throw new TaskerError('BODY_TOO_LARGE', { limit: limits.bytes });
  checkEncoding(request.headers);
  const type = request.headers.get('content-type');
  if (type !== null) checkMediaType(type);
  const bytes = await readBytes(request, limits);
  if (bytes.length === 0) return undefined;
  // Without a type a browser form could be taken for JSON.
  if (type === null)
    throw new TaskerError('UNSUPPORTED_MEDIA_TYPE', { problem: 'no Content-Type' });
  return parseJsonText(decode(bytes));
}

function checkEncoding(headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw new TaskerError('UNSUPPORTED_MEDIA_TYPE', { problem: 'a compressed body' });
}

function checkMediaType(type: string): void {
  const [essence = '', ...parameters] = type.toLowerCase().split(';');
  const media = essence.trim();
  if (media !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(media))
    throw new TaskerError('UNSUPPORTED_MEDIA_TYPE', { problem: media.slice(0, 100) });
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim());
    if (name === 'charset' && !['utf-8', 'utf8', '"utf-8"'].includes(value))
      throw new TaskerError('UNSUPPORTED_MEDIA_TYPE', { problem: `charset ${value.slice(0, 40)}` });
  }
}

async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await withinIdle(reader.read(), limits.idleMs);
      if (done) break;
      size += value.length;
      if (size > limits.bytes) throw new TaskerError('BODY_TOO_LARGE', { limit: limits.bytes });
      parts.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined); // the rest of the body is of no interest
    if (isTaskerError(error)) throw error;
    // A client that goes away in the middle is no failure of ours.
    throw new TaskerError('MALFORMED_BODY', { problem: 'it ends too early' }, { cause: error });
  }
  return Buffer.concat(parts, size);
}

async function withinIdle<T>(reading: Promise<T>, idleMs: Milliseconds): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TaskerError('BODY_TIMEOUT', { waitedMs: idleMs }));
    }, idleMs);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    // `ignoreBOM: true` keeps the mark, and JSON does not allow one.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new TaskerError('MALFORMED_BODY', { problem: 'it is not UTF-8' }, { cause: error });
  }
}
