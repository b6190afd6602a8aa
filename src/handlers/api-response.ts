import type { Milliseconds } from '../kernel/duration.ts';
import type { Json } from '../kernel/json.ts';
import { redactText, redactValues } from '../kernel/redact.ts';
import { parseRetryAfter } from '../retry/retry-after.ts';
import type { ResponsePlan, StatusRange } from './api-config-response.ts';
import { permanentFailure, retryableFailure } from './attempt-error.ts';
import { ownMember } from './template.ts';

/** An answer with its body as text. */
export interface TextAnswer {
  readonly status: number;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | null;
  readonly text: string;
}

/** What is needed to judge an answer and to speak about it. */
export interface AnswerRules {
  readonly method: string;
  /** For messages: without credentials and query. */
  readonly url: string;
  readonly expect: readonly StatusRange[];
  readonly response: ResponsePlan;
  readonly retryAfterCapMs: Milliseconds;
  readonly now: Date;
  /** Values that must not appear in an error. */
  readonly secrets: ReadonlySet<string>;
}

/** The headers that a result keeps; the others say nothing about the resource. */
const KEPT_HEADERS = [
  'content-type',
  'content-language',
  'etag',
  'last-modified',
  'link',
  'location',
  'x-request-id',
];
const EXCERPT_BYTES = 2_048;

/**
 * Statuses below 500 that ask for another attempt: 408 Request Timeout, 425 Too Early, 429 Too Many Requests (RFC 9110, 8470, 6585).
 */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** True for a status after which another attempt may succeed. */
export function isRetryableStatus(status: number): boolean {
  return status >= 500 || RETRYABLE_STATUSES.has(status);
}

export function isExpected(status: number, expect: readonly StatusRange[]): boolean {
  return expect.some(([from, to]) => status >= from && status <= to);
}

/**
 * The result of an api step: the mapped keys, or `{ status, headers, body }`.
 *
 * @throws RetryableError for 408, 425, 429 and 5xx (with the wait of `Retry-After`), and for content that is not what was declared;
 * PermanentError for every other unexpected status
 */
export function resultOf(answer: TextAnswer, rules: AnswerRules): Json {
  if (!isExpected(answer.status, rules.expect)) throw statusFailure(answer, rules);
  const body = parseBody(answer, rules);
  const { map } = rules.response;
  if (map !== null) return mapped(body, map, { answer, rules });
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = answer.header(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: answer.status, headers: Object.fromEntries(headers), body };
}

function statusFailure(answer: TextAnswer, rules: AnswerRules): Error {
  const failure = {
    code: 'UNEXPECTED_RESPONSE',
    details: { url: rules.url, problem: `status ${answer.status}` },
    data: failureData(answer, rules),
  } as const;
  if (!isRetryableStatus(answer.status)) return permanentFailure(failure);
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), {
    now: rules.now,
    capMs: rules.retryAfterCapMs,
  });
  return retryableFailure({ ...failure, retryAfterMs });
}

function parseBody(answer: TextAnswer, rules: AnswerRules): Json {
  if (answer.text === '') return null;
  const { body } = rules.response;
  const isJson =
    body === 'json' || (body === 'auto' && /[/+]json\b/i.test(answer.header('content-type') ?? ''));
  if (!isJson) return answer.text;
  try {
    return JSON.parse(answer.text) as Json; // sound: JSON.parse gives nothing else
  } catch (cause) {
    throw unexpectedContent('its body is not the JSON that was declared', { answer, rules }, cause);
  }
}

interface Received {
  readonly answer: TextAnswer;
  readonly rules: AnswerRules;
}

function mapped(body: Json, map: NonNullable<ResponsePlan['map']>, received: Received): Json {
  const members = map.map(([key, { text, path, optional }]) => {
    const value = path.reduce<Json | undefined>(
      (at, part) => (at === undefined ? undefined : ownMember(at, part)),
      body,
    );
    if (value === undefined && !optional)
      throw unexpectedContent(`its body has no ${text}`, received);
    return [key, value ?? null] as const;
  });
  return Object.fromEntries(members);
}

/** Retryable: a proxy's error page or a half-deployed server is more likely than a lasting change of the interface. */
function unexpectedContent(problem: string, { answer, rules }: Received, cause?: unknown): Error {
  return retryableFailure({
    code: 'UNEXPECTED_RESPONSE',
    details: { url: rules.url, problem },
    data: failureData(answer, rules),
    ...(cause !== undefined && { cause }),
  });
}

function failureData(answer: TextAnswer, rules: AnswerRules): Json {
  return {
    status: answer.status,
    method: rules.method,
    url: rules.url,
    body: excerpt(answer.text, rules.secrets),
  };
}

/** The beginning of a body, without secrets, storable, at most 2 KiB. Redacted before it is cut, so that a cut uncovers nothing. */
function excerpt(text: string, secrets: ReadonlySet<string>): string {
  const clean = redactText(redactValues(text, secrets).slice(0, EXCERPT_BYTES * 4))
    .replaceAll('\u0000', '\ufffd')
    .toWellFormed();
  const bytes = Buffer.from(clean).subarray(0, EXCERPT_BYTES);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
