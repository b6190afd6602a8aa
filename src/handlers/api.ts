import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { redactValues } from '../kernel/redact.ts';
import type { HandlerContext } from '../model/handler-context.ts';
import { parseApiConfig, readTls } from './api-config.ts';
import type { ApiPlan } from './api-config.ts';
import { renderRequest, templateSource } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';
import { isExpected, resultOf } from './api-response.ts';
import type { AnswerRules } from './api-response.ts';
import { isAttemptError, permanentFailure, retryableFailure } from './attempt-error.ts';
import { bindApiHandler } from './api-handler.ts';
import { BodyTooLarge } from './exchange.ts';
import type { Answer, TlsSettings } from './exchange.ts';
import { sendGuarded, shownUrl } from './outbound.ts';
import type { OutboundPolicy, OutboundRequest } from './outbound.ts';
import type { KindServices, RunStep, StepKind } from './step-kind.ts';

/**
 * The step that calls an HTTP API, described by its `handler_config` alone.
 *
 * When the step also names a handler, that handler runs instead (Tasker 1.2's form) and its errors are judged in the same way.
 */
export const apiKind: StepKind = {
  name: 'api',
  code: 'optional',
  checkConfig: (config) => parseApiConfig(config).problems,
  bind(config, handler, services): RunStep {
    const { plan, problems } = parseApiConfig(config);
    if (problems.length > 0) {
      throw new TaskerError('INVALID_DEFINITION', {
        source: 'handler_config of an api step',
        problems: problems.map(({ path, message }) => ({
          text: path === '' ? message : `${path}: ${message}`,
        })),
      });
    }
    if (handler !== null) return bindApiHandler(handler, { config, plan, services });
    const step: BoundStep = {
      plan,
      config,
      services,
      tls: readTls(plan),
      policy: policyOf(plan, services),
    };
    return (ctx) => callApi(step, ctx);
  },
};

interface BoundStep {
  readonly plan: ApiPlan;
  readonly config: Json;
  readonly services: KindServices;
  readonly tls: TlsSettings;
  readonly policy: OutboundPolicy;
}

/** The host's policy, widened by what the step itself allows. */
function policyOf(plan: ApiPlan, { outbound = {} }: KindServices): OutboundPolicy {
  return {
    ...outbound,
    allowHosts: [...(outbound.allowHosts ?? []), ...plan.allowHosts],
    allowPrivate: outbound.allowPrivate === true || plan.allowPrivate,
  };
}

async function callApi(step: BoundStep, ctx: HandlerContext): Promise<Json> {
  const { plan, services } = step;
  const source = templateSource(ctx, step.config, services.secret);
  const request = renderRequest(plan, source, ctx.idempotencyKey);
  const shown = (url: URL): string => redactValues(shownUrl(url), source.secrets);
  const answer = await sendWithin(step, { ...request, shown }, ctx.signal);
  const url = shown(request.url);
  const rules: AnswerRules = { ...plan, url, now: services.now(), secrets: source.secrets };
  const text = decode(answer);
  return resultOf(
    { status: answer.status, header: (name) => answer.headers[name] ?? null, text },
    rules,
  );
}

type ShownRequest = ApiRequest & Pick<OutboundRequest, 'shown'>;

/** Sends the request; whatever goes wrong on the way becomes an error that says whether to try again. */
async function sendWithin(
  { plan, policy, tls }: BoundStep,
  request: ShownRequest,
  stop: AbortSignal,
): Promise<Answer> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), plan.timeoutMs);
  try {
    stop.throwIfAborted();
    const signal = AbortSignal.any([stop, deadline.signal]);
    const keeps = (status: number): boolean => isExpected(status, plan.expect);
    const { maxBytes } = plan.response;
    return await sendGuarded({ ...request, tls, signal, maxBytes, keeps }, policy);
  } catch (error) {
    if (stop.aborted) throw stop.reason; // the attempt was stopped from outside: its owner knows why
    const url = request.shown(request.url);
    if (deadline.signal.aborted) {
      const details = { url, timeoutMs: plan.timeoutMs };
      throw retryableFailure({ code: 'REQUEST_TIMEOUT', details });
    }
    throw sendFailure(error, url, plan);
  } finally {
    clearTimeout(timer);
  }
}

function sendFailure(error: unknown, url: string, { response }: ApiPlan): unknown {
  if (isAttemptError(error)) return error;
  if (error instanceof BodyTooLarge) {
    const problem = `its body is longer than ${response.maxBytes} bytes`;
    return permanentFailure({ code: 'UNEXPECTED_RESPONSE', details: { url, problem } });
  }
  const problem = error instanceof Error ? error.message : String(error);
  const failure = { code: 'REQUEST_FAILED', details: { url, problem }, cause: error } as const;
  return isRefusedByNode(error) ? permanentFailure(failure) : retryableFailure(failure);
}

/** Node refused to send it at all, such as a header value with a line break: the next attempt would be refused too. */
function isRefusedByNode(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^ERR_(?:INVALID|HTTP_INVALID|UNESCAPED)/.test(String(error.code))
  );
}

/** The body as text, in the character set that the answer names, otherwise UTF-8. */
function decode({ headers, body }: Answer): string {
  const charset = /charset="?([\w.:-]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body); // a character set that nobody knows
  }
}
