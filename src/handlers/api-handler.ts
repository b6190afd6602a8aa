import type { Json } from '../kernel/json.ts';
import { isTaskerError } from '../kernel/errors.ts';
import type { StepHandler } from '../model/handler-context.ts';
import { parseRetryAfter } from '../retry/retry-after.ts';
import type { ApiPlan } from './api-config.ts';
import { isRetryableStatus, resultOf } from './api-response.ts';
import type { AnswerRules, TextAnswer } from './api-response.ts';
import { isAttemptError, permanentFailure, retryableFailure } from './attempt-error.ts';
import { bindHandler } from './bind-handler.ts';
import type { KindServices, RunStep } from './step-kind.ts';

interface ApiHandlerParts {
  readonly config: Json;
  readonly plan: ApiPlan;
  readonly services: KindServices;
}

/**
 * Runs the author's handler in place of the request. A `Response` that it returns is judged and read as the step's own would be; an
 * error that carries an HTTP status (its own `status`, or that of its `response`) is retryable or permanent by that status.
 */
export function bindApiHandler(handler: StepHandler, parts: ApiHandlerParts): RunStep {
  const run = bindHandler(handler, parts.config);
  return async (ctx) => {
    let returned: unknown;
    try {
      returned = await run(ctx);
    } catch (error) {
      throw judged(error, parts);
    }
    return isResponse(returned)
      ? resultOf(await textAnswer(returned), rulesFor(returned, parts))
      : returned;
  };
}

function rulesFor(response: Response, { plan, services }: ApiHandlerParts): AnswerRules {
  const url = response.url === '' ? 'the remote system' : (response.url.split(/[?#]/)[0] ?? '');
  return { ...plan, url, now: services.now(), secrets: new Set() };
}

/** By shape, so that a Response of another fetch fits. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof member(value, 'status') === 'number' &&
    typeof member(value, 'text') === 'function' &&
    headerReader(value) !== null
  );
}

async function textAnswer(response: Response): Promise<TextAnswer> {
  return {
    status: response.status,
    header: headerReader(response) ?? (() => null),
    text: await response.text(),
  };
}

/** An error without an HTTP status, or one that already says whether to try again, stays as it is. */
function judged(error: unknown, { plan, services }: ApiHandlerParts): unknown {
  if (isAttemptError(error) || isTaskerError(error) || typeof error !== 'object' || error === null)
    return error;
  const response = member(error, 'response');
  const source = typeof response === 'object' && response !== null ? response : error;
  const status = [
    member(error, 'status'),
    member(source, 'status'),
    member(source, 'statusCode'),
  ].find(isErrorStatus);
  if (status === undefined) return error;
  const message = member(error, 'message');
  const failure = {
    code: 'UNEXPECTED_RESPONSE',
    details: {
      url: 'The remote system',
      problem: `status ${status}${typeof message === 'string' ? `: ${message}` : ''}`,
    },
    data: { status },
    cause: error,
  } as const;
  if (!isRetryableStatus(status)) return permanentFailure(failure);
  const header = headerReader(source)?.('retry-after') ?? null;
  return retryableFailure({
    ...failure,
    retryAfterMs: parseRetryAfter(header, { now: services.now(), capMs: plan.retryAfterCapMs }),
  });
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
}

/** Reads headers from a `Headers` object or from a plain mapping. */
function headerReader(source: object): ((name: string) => string | null) | null {
  const headers = member(source, 'headers');
  if (typeof headers !== 'object' || headers === null) return null;
  const get = member(headers, 'get');
  return (name) => {
    const value: unknown =
      typeof get === 'function' ? Reflect.apply(get, headers, [name]) : plainHeader(headers, name);
    return typeof value === 'string' ? value : null;
  };
}

function plainHeader(headers: object, name: string): unknown {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Reads a property of anything; one that throws reads as undefined. */
function member(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
