import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import { permanentFailure } from './attempt-error.ts';
import type { HandlerContext } from '../model/handler-context.ts';
import type { ApiAuth } from './api-config-request.ts';
import { isTrustedReference } from './api-config-request.ts';
import type { ApiPlan } from './api-config.ts';
import { followPath, renderJson, renderText, unresolved } from './template.ts';
import type { JsonTemplate, Reference, Resolve } from './template.ts';

/** A request with every template filled. */
export interface ApiRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Lower-case names of the headers that carry credentials. */
  readonly secretHeaders: ReadonlySet<string>;
}

/** Where templates find their values, and which secrets they took. */
export interface TemplateSource {
  readonly resolve: Resolve;
  /** Values that must not appear in errors. Grows as templates are filled. */
  readonly secrets: Set<string>;
}

/** Tells templates what they may read: the attempt's context, its definition's configuration, and secrets by name. */
export function templateSource(
  ctx: HandlerContext,
  config: Json,
  secret: (name: string) => string | undefined,
): TemplateSource {
  const secrets = new Set<string>();
  const { task, step } = ctx;
  const scope: Json = {
    context: ctx.context,
    deps: ctx.deps,
    config,
    task: {
      id: task.id,
      name: task.name,
      namespace: task.namespace,
      version: task.version,
      initiator: task.initiator,
      reason: task.reason,
      source_system: task.sourceSystem,
      tags: task.tags,
      requested_at: task.requestedAt.toISOString(),
    },
    step: {
      id: step.id,
      name: step.name,
      attempt: step.attempt,
      max_attempts: step.maxAttempts,
      dependent_system: step.dependentSystem,
    },
    idempotency_key: ctx.idempotencyKey,
  };
  const readSecret = (reference: Reference): string => {
    const value = secret(reference.path[1] ?? '');
    if (value === undefined || value === '')
      throw unresolved(reference, 'the secret is not set in this process');
    secrets.add(value);
    secrets.add(encodeURIComponent(value)); // its form inside an address
    return value;
  };
  return {
    secrets,
    resolve: (reference) =>
      reference.path[0] === 'secrets' ? readSecret(reference) : followPath(scope, reference),
  };
}

/** Fills every template of a plan. @throws PermanentError for a template without a value, or a request that cannot be sent */
export function renderRequest(
  plan: ApiPlan,
  source: TemplateSource,
  idempotencyKey: string,
): ApiRequest {
  const { resolve } = source;
  const url = renderUrl(plan, resolve);
  const headers = new Map<string, string>([
    ['accept', 'application/json'],
    ['content-type', 'application/json'],
    ['accept-encoding', 'gzip, br'],
    ['user-agent', 'tasker-engine'],
    ...(plan.method === 'GET' || plan.method === 'HEAD'
      ? []
      : [['idempotency-key', idempotencyKey] as const]),
  ]);
  const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization']);
  for (const [name, template] of membersOf(plan.headers)) {
    const value = scalarText(renderJson(template, resolve), `header ${name}`, url);
    if (value === null) headers.delete(name.toLowerCase());
    else headers.set(name.toLowerCase(), value);
    if (mentionsSecret(template)) secretHeaders.add(name.toLowerCase());
  }
  if (plan.auth !== null) {
    const [name, value] = renderAuth(plan.auth, source);
    headers.set(name.toLowerCase(), value);
    secretHeaders.add(name.toLowerCase());
  }
  const body =
    plan.body === null
      ? null
      : bodyText(renderJson(plan.body, resolve), headers.get('content-type') ?? '', url);
  return { url, method: plan.method, headers: Object.fromEntries(headers), body, secretHeaders };
}

function renderUrl(plan: ApiPlan, resolve: Resolve): URL {
  const [first] = plan.url;
  const address = renderText(plan.url, resolve, (value, reference) =>
    // The beginning of an address that the author or operator configured; everything else is a value inside the address.
    reference === first && isTrustedReference(reference) ? value : encodeURIComponent(value),
  );
  if (!URL.canParse(address))
    throw invalid('The url', 'with its values filled in it is no address');
  const url = new URL(address);
  // A URL takes "." and ".." (also percent-encoded) for steps up its path: a value of a task could reach another endpoint.
  const path = address.replace(/^[^:]*:\/*[^/\\?#]*/, '').split(/[?#]/)[0] ?? '';
  if (/(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i.test(path)) {
    throw invalid(url.origin, 'the path contains "." or ".."');
  }
  for (const [name, template] of membersOf(plan.params)) {
    const value = renderJson(template, resolve);
    for (const item of isList(value) ? value : [value]) {
      const text = scalarText(item, `parameter ${name}`, url);
      if (text !== null) url.searchParams.append(name, text);
    }
  }
  return url;
}

function renderAuth(
  auth: ApiAuth,
  { resolve, secrets }: TemplateSource,
): readonly [name: string, value: string] {
  switch (auth.scheme) {
    case 'bearer':
      return ['authorization', `Bearer ${renderText(auth.token, resolve)}`];
    case 'basic': {
      const pair = `${renderText(auth.username, resolve)}:${renderText(auth.password, resolve)}`;
      const encoded = Buffer.from(pair).toString('base64');
      secrets.add(encoded);
      return ['authorization', `Basic ${encoded}`];
    }
    case 'header':
      return [auth.name, renderText(auth.value, resolve)];
  }
}

/** JSON, unless the Content-Type asks for a form or for text as it is. */
function bodyText(body: Json, contentType: string, url: URL): string {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType) && isJsonObject(body)) {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(body)) {
      for (const item of isList(value) ? value : [value]) {
        form.append(name, scalarText(item, `form field ${name}`, url) ?? '');
      }
    }
    return form.toString();
  }
  return typeof body === 'string' && !/\bjson\b/i.test(contentType) ? body : JSON.stringify(body);
}

/** A text, number or boolean as text; null stays null and means "leave it out". */
function scalarText(value: Json, what: string, url: URL): string | null {
  if (value === null) return null;
  if (typeof value === 'object') {
    throw invalid(url.origin, `${what} is ${isList(value) ? 'a list' : 'an object'}`);
  }
  return String(value);
}

function mentionsSecret(template: JsonTemplate): boolean {
  return (
    template.kind === 'text' &&
    template.template.some((part) => typeof part !== 'string' && part.path[0] === 'secrets')
  );
}

function membersOf(template: JsonTemplate): readonly (readonly [string, JsonTemplate])[] {
  return template.kind === 'object' ? template.members : [];
}

/** Names the origin at most: the path may hold a secret. */
function invalid(url: string, problem: string): Error {
  return permanentFailure({ code: 'REQUEST_FAILED', details: { url, problem } });
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
