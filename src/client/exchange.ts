import type { Endpoint } from '../contract/endpoint.ts';
import { parseDuration, type Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import { readAnswer, retryAfterOf } from './answer.ts';
import type { ClientSettings } from './options.ts';
import { addressOf, type AnyCall } from './outgoing.ts';
import { rest } from './rest.ts';

/** Answers that may be another one in a moment. */
const PASSING: readonly number[] = [429, 502, 503, 504];
const FIRST_REST_MS: Milliseconds = 250;
const LONGEST_REST_MS: Milliseconds = 10_000;

/** One call from the request to the checked answer. @throws what the server tells; REQUEST_FAILED, REQUEST_TIMEOUT, REMOTE_ERROR */
export async function exchange(
  settings: ClientSettings,
  endpoint: Endpoint,
  call: AnyCall,
): Promise<unknown> {
  const timeoutMs =
    call.timeout === undefined ? settings.timeoutMs : parseDuration(call.timeout, 'timeout');
  const tries = endpoint.method === 'GET' ? settings.retries + 1 : 1;
  for (let tried = 1; ; tried += 1) {
    const answer = await once(settings, endpoint, { ...call, timeout: timeoutMs });
    if ('value' in answer) return answer.value;
    if (!answer.isPassing || tried >= tries) throw answer.error;
    const restMs = answer.restMs ?? FIRST_REST_MS * 2 ** (tried - 1);
    await rest(Math.min(restMs, LONGEST_REST_MS), call.signal);
  }
}

type Outcome =
  | { readonly value: unknown }
  | { readonly error: unknown; readonly isPassing: boolean; readonly restMs: Milliseconds | null };

async function once(
  settings: ClientSettings,
  endpoint: Endpoint,
  call: AnyCall & { readonly timeout: Milliseconds },
): Promise<Outcome> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), call.timeout);
  const url = addressOf(settings.base, endpoint, call);
  let response: Response | null = null;
  try {
    response = await send(settings, endpoint, {
      ...call,
      signal: either(timer.signal, call.signal),
    });
    const isPassing = PASSING.includes(response.status);
    try {
      return { value: await readAnswer(endpoint, response) };
    } catch (error) {
      if (!(error instanceof TaskerError)) throw error; // the body broke off
      return { error, isPassing, restMs: retryAfterOf(response) };
    }
  } catch (cause) {
    call.signal?.throwIfAborted();
    if (cause instanceof TaskerError) throw cause;
    const error = timer.signal.aborted
      ? new TaskerError('REQUEST_TIMEOUT', { url, timeoutMs: call.timeout }, { cause })
      : new TaskerError('REQUEST_FAILED', { url, problem: reasonOf(cause) }, { cause });
    return { error, isPassing: true, restMs: null };
  } finally {
    clearTimeout(timeout);
  }
}

/** Sends a call; the answer may be anything. */
export async function send(
  settings: ClientSettings,
  endpoint: Endpoint,
  call: AnyCall,
): Promise<Response> {
  const url = addressOf(settings.base, endpoint, call);
  const hasBody = call.body !== undefined;
  return settings.fetch(url, {
    method: endpoint.method,
    headers: {
      accept: 'application/json, application/problem+json, text/event-stream, text/plain',
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(await settings.headers()),
      ...call.headers,
    },
    redirect: 'error', // credentials go nowhere else
    ...(hasBody ? { body: JSON.stringify(call.body) } : {}),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

/** What went wrong, in one sentence; `fetch` hides it in the cause. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}
