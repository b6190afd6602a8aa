/**
 * Turns whatever was thrown into an error that can be stored.
 *
 * I1: it never throws, whatever the value does when it is read (getters, proxies, no prototype, circular causes).
 * I2: the answer always passes the JSON gate with its default limits.
 * I3: secrets are redacted before the text is cut, so that a cut never uncovers one.
 */
import { gateJson } from './json.ts';
import type { Json } from './json.ts';
import { redactJson, redactText } from './redact.ts';

/** An error as it is stored: kept apart from results, without secrets, limited in size. */
export interface StoredError {
  readonly name: string;
  /** At most 8 KiB of UTF-8. */
  readonly message: string;
  readonly code?: string;
  /** Where it was thrown: the frames, without the message; at most 4 KiB of UTF-8. */
  readonly stack?: string;
  /** False for a PermanentError, true for a RetryableError, absent when the error does not say. */
  readonly retryable?: boolean;
  /** What the handler attached to the error. */
  readonly data?: Json;
  readonly cause?: StoredError;
  /** The first errors of an AggregateError. */
  readonly errors?: readonly StoredError[];
  /** True when text was cut, characters were replaced, or attached data could not be stored. */
  readonly altered?: boolean;
}

export const MAX_MESSAGE_BYTES = 8_192;
export const MAX_STACK_BYTES = 4_096;

const MAX_CAUSES = 5;
const MAX_ERRORS = 5;
/** Errors in one stored tree: bounds the size when every error has several beneath it. */
const MAX_TREE = 16;
const MAX_LABEL_BYTES = 256;
const DATA_LIMITS = { maxBytes: 16_384, maxDepth: 20, maxNodes: 1_000 };
const MARK = '… [cut]';

/** Turns anything that was thrown into a StoredError. */
export function serializeError(thrown: unknown): StoredError {
  const walk: Walk = { seen: new Set(), left: MAX_TREE };
  try {
    const stored = serialize(thrown, walk, 0);
    if (gateJson(stored).ok) return stored;
    return { name: stored.name, message: stored.message, altered: true };
  } catch {
    // A revoked proxy throws even from Array.isArray. The attempt must still be recorded.
    return { name: 'NonError', message: 'The handler threw something unreadable', altered: true };
  }
}

interface Walk {
  readonly seen: Set<unknown>;
  left: number;
}

function serialize(thrown: unknown, walk: Walk, depth: number): StoredError {
  walk.left -= 1;
  if (!isObject(thrown)) return primitiveError(thrown);
  walk.seen.add(thrown);
  const name = cleanText(asText(read(thrown, 'name')) || constructorName(thrown), MAX_LABEL_BYTES);
  const message = cleanText(messageOf(thrown), MAX_MESSAGE_BYTES);
  const code = codeOf(thrown);
  const stack = stackOf(thrown);
  const data = dataOf(thrown);
  const retryable =
    name.text === 'PermanentError' ? false : name.text === 'RetryableError' ? true : undefined;
  const cause = nested(read(thrown, 'cause'), walk, depth);
  const errors = nestedList(read(thrown, 'errors'), walk, depth);
  return {
    name: name.text,
    message: message.text,
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack }),
    ...(retryable !== undefined && { retryable }),
    ...(data.value !== undefined && { data: data.value }),
    ...(cause !== undefined && { cause }),
    ...(errors.length > 0 && { errors }),
    ...((name.altered || message.altered || data.altered) && { altered: true }),
  };
}

/** `throw 'text'`, `throw undefined`, `throw 5n`: there is no stack and no name to keep. */
function primitiveError(thrown: unknown): StoredError {
  const message = cleanText(
    typeof thrown === 'string' ? thrown : `The handler threw ${String(thrown)}`,
    MAX_MESSAGE_BYTES,
  );
  return { name: 'NonError', message: message.text, ...(message.altered && { altered: true }) };
}

function nested(cause: unknown, walk: Walk, depth: number): StoredError | undefined {
  if (cause === undefined || cause === null) return undefined;
  if (depth >= MAX_CAUSES || walk.left <= 0 || walk.seen.has(cause)) return undefined;
  return serialize(cause, walk, depth + 1);
}

function nestedList(errors: unknown, walk: Walk, depth: number): readonly StoredError[] {
  if (!Array.isArray(errors)) return [];
  const list: StoredError[] = [];
  for (let i = 0; i < MAX_ERRORS; i += 1) {
    const stored = nested(read(errors, String(i)), walk, depth);
    if (stored !== undefined) list.push(stored);
  }
  return list;
}

function messageOf(thrown: object): string {
  const message = read(thrown, 'message');
  if (typeof message === 'string') return message;
  const gate = gateJson(thrown, DATA_LIMITS); // a plain object was thrown: its content is the best message there is
  return gate.ok && gate.text !== '{}'
    ? JSON.stringify(redactJson(parsed(gate.text)))
    : 'The handler threw an object without a message';
}

function codeOf(thrown: object): string | undefined {
  const code = read(thrown, 'code');
  if (typeof code !== 'string' && typeof code !== 'number') return undefined;
  return cleanText(String(code), MAX_LABEL_BYTES).text;
}

/** The frames only: the message stands beside them, and a long one would leave no room. */
function stackOf(thrown: object): string | undefined {
  const stack = read(thrown, 'stack');
  if (typeof stack !== 'string') return undefined;
  const firstFrame = stack.search(/^ {2,8}at /m);
  return firstFrame < 0 ? undefined : cleanText(stack.slice(firstFrame), MAX_STACK_BYTES).text;
}

function dataOf(thrown: object): { readonly value?: Json; readonly altered: boolean } {
  const data = read(thrown, 'data');
  if (data === undefined) return { altered: false };
  const gate = gateJson(data, DATA_LIMITS);
  return gate.ok ? { value: redactJson(parsed(gate.text)), altered: false } : { altered: true };
}

function parsed(text: string): Json {
  return JSON.parse(text) as Json; // sound: the text was written by the JSON gate
}

/** Text that can be stored: no secret, no NUL, no broken Unicode, at most so many bytes. */
function cleanText(
  raw: string,
  maxBytes: number,
): { readonly text: string; readonly altered: boolean } {
  const head = raw.length > maxBytes * 2 ? raw.slice(0, maxBytes * 2) : raw; // redacting 10 MB to keep 8 KiB would be waste
  const wellFormed = head.replaceAll('\u0000', '\ufffd').toWellFormed();
  const redacted = redactText(wellFormed);
  const whole = head.length === raw.length && Buffer.byteLength(redacted) <= maxBytes;
  const text = whole
    ? redacted
    : `${firstBytes(redacted, maxBytes - Buffer.byteLength(MARK))}${MARK}`;
  return { text, altered: !whole || wellFormed !== head };
}

/** At most the first so many bytes, without a broken character at the end. */
function firstBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text).subarray(0, maxBytes);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

function constructorName(thrown: object): string {
  const constructor = read(thrown, 'constructor');
  return (typeof constructor === 'function' && asText(read(constructor, 'name'))) || 'Error';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Reads a property of anything; a getter or proxy that throws reads as undefined. */
function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
