import { readFileSync } from 'node:fs';
import type { Milliseconds } from '../kernel/duration.ts';
import { parseDuration } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Json } from '../kernel/json.ts';
import { nearest } from '../kernel/nearest.ts';
import { RETRY_AFTER_CAP_MS } from '../retry/retry-after.ts';
import { parseAuth, parseHeaders, parseUrl } from './api-config-request.ts';
import type { ApiAuth } from './api-config-request.ts';
import { parseExpect, parseResponse } from './api-config-response.ts';
import type { ResponsePlan, StatusRange } from './api-config-response.ts';
import type { ConfigProblem, Report } from './config-problem.ts';
import type { TlsSettings } from './exchange.ts';
import { parseJsonTemplate, referencesOf } from './template.ts';
import type { JsonTemplate, Template } from './template.ts';

/** The `handler_config` of an api step, parsed. */
export interface ApiPlan {
  readonly url: Template;
  readonly method: string;
  readonly params: JsonTemplate;
  readonly headers: JsonTemplate;
  /** Null when the request has no body. */
  readonly body: JsonTemplate | null;
  readonly auth: ApiAuth | null;
  readonly timeoutMs: Milliseconds;
  readonly expect: readonly StatusRange[];
  readonly response: ResponsePlan;
  readonly retryAfterCapMs: Milliseconds;
  readonly allowHosts: readonly string[];
  readonly allowPrivate: boolean;
  readonly tls: { readonly verify: boolean; readonly caFile: string | null };
}

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const DEFAULT_TIMEOUT_MS: Milliseconds = 30_000;

/** Every key of the configuration. The last three are Tasker 1.2's. */
const KEYS = [
  'type',
  'url',
  'method',
  'params',
  'headers',
  'body',
  'auth',
  'timeout',
  'expect',
  'response',
  'retry_after_cap',
  'allow_hosts',
  'allow_private',
  'ssl',
  'enable_exponential_backoff',
  'retry_delay',
] as const;

/** Parses the configuration of an api step. The plan is only to be used when there are no problems. */
export function parseApiConfig(config: Json): {
  readonly plan: ApiPlan;
  readonly problems: readonly ConfigProblem[];
} {
  const problems: ConfigProblem[] = [];
  const report: Report = (path, message) => void problems.push({ path, message });
  const fields = isJsonObject(config) ? config : {};
  if (!isJsonObject(config)) report('', 'an api step needs a mapping with at least a url');
  const field = (key: (typeof KEYS)[number]): Json =>
    Object.hasOwn(fields, key) ? (fields[key] ?? null) : null;
  const template = (key: 'params' | 'headers' | 'body'): JsonTemplate =>
    parseJsonTemplate(field(key), (at, problem) =>
      report(at === '' ? key : `${key}.${at}`, problem),
    );

  const method = parseMethod(field('method'), report);
  const body = field('body') === null ? null : template('body');
  if (body !== null && (method === 'GET' || method === 'HEAD'))
    report('body', `a ${method} request has no body; set method`);
  const plan: ApiPlan = {
    url: parseUrl(field('url'), report),
    method,
    params: mapping(template('params'), 'params', report),
    headers: parseHeaders(mapping(template('headers'), 'headers', report), report),
    body,
    auth: parseAuth(field('auth'), report),
    timeoutMs: parseTime(field('timeout'), {
      path: 'timeout',
      defaultMs: DEFAULT_TIMEOUT_MS,
      report,
    }),
    expect: parseExpect(field('expect'), report),
    response: parseResponse(field('response'), report),
    retryAfterCapMs: parseTime(field('retry_after_cap'), {
      path: 'retry_after_cap',
      defaultMs: RETRY_AFTER_CAP_MS,
      report,
    }),
    allowHosts: parseHosts(field('allow_hosts'), report),
    allowPrivate: parseFlag(field('allow_private'), {
      path: 'allow_private',
      fallback: false,
      report,
    }),
    tls: parseTls(field('ssl'), report),
  };
  parseFlag(field('enable_exponential_backoff'), {
    path: 'enable_exponential_backoff',
    fallback: true,
    report,
  });
  parseRetryDelay(field('retry_delay'), report);
  reportUnknownKeys(fields, plan, report);
  return { plan, problems };
}

/**
 * What Tasker 1.2's fields say about the step's backoff: `enable_exponential_backoff: false` means no delay, true means the
 * exponential strategy, `retry_delay` is its base in seconds. Empty when the configuration says nothing.
 */
export function apiBackoffOverrides(config: Json): {
  readonly strategy?: 'exponential' | 'none';
  readonly baseMs?: Milliseconds;
} {
  if (!isJsonObject(config)) return {};
  const enabled = config['enable_exponential_backoff'];
  const baseMs = parseRetryDelay(config['retry_delay'] ?? null, () => undefined);
  return {
    ...(typeof enabled === 'boolean' && {
      strategy: enabled ? ('exponential' as const) : ('none' as const),
    }),
    ...(baseMs !== null && { baseMs }),
  };
}

/** Reads the certificate authorities of a plan. @throws TaskerError `HANDLER_NOT_LOADED` when the file cannot be read */
export function readTls({ tls }: ApiPlan): TlsSettings {
  const { verify, caFile } = tls;
  if (caFile === null) return { verify, ca: null };
  try {
    return { verify, ca: readFileSync(caFile, 'utf8') };
  } catch (cause) {
    const problem = `ssl.ca_file: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TaskerError('HANDLER_NOT_LOADED', { handler: 'of an api step', problem }, { cause });
  }
}

function parseMethod(value: Json, report: Report): string {
  if (value === null) return 'GET';
  const method = typeof value === 'string' ? value.toUpperCase() : '';
  if (!METHODS.includes(method)) report('method', `must be one of ${METHODS.join(', ')}`);
  return method;
}

function mapping(template: JsonTemplate, path: string, report: Report): JsonTemplate {
  if (template.kind === 'object' || (template.kind === 'constant' && template.value === null))
    return template;
  report(path, 'must be a mapping');
  return { kind: 'object', members: [] };
}

interface FieldPlace {
  readonly path: string;
  readonly report: Report;
}

function parseTime(
  value: Json,
  { path, defaultMs, report }: FieldPlace & { readonly defaultMs: Milliseconds },
): Milliseconds {
  if (value === null) return defaultMs;
  try {
    const ms = parseDuration(value, path);
    if (ms > 0) return ms;
    report(path, 'must be longer than nothing');
  } catch {
    report(path, 'is not a duration: write a number and a unit, such as 250ms, 10s or 5m');
  }
  return defaultMs;
}

function parseFlag(
  value: Json,
  { path, fallback, report }: FieldPlace & { readonly fallback: boolean },
): boolean {
  if (value === null) return fallback;
  if (typeof value !== 'boolean') report(path, 'must be true or false');
  return value === true;
}

/** Seconds, as in Tasker 1.2, or a duration with a unit. */
function parseRetryDelay(value: Json, report: Report): Milliseconds | null {
  if (value === null) return null;
  try {
    return parseDuration(typeof value === 'number' ? value * 1_000 : value, 'retry_delay');
  } catch {
    report('retry_delay', 'must be a number of seconds, or a duration such as 500ms');
    return null;
  }
}

function parseHosts(value: Json, report: Report): readonly string[] {
  if (value === null) return [];
  const list: readonly Json[] = Array.isArray(value) ? value : [value];
  return list.flatMap((entry, i) => {
    if (typeof entry === 'string' && /^[\w.:[\]-]+$/.test(entry)) return [entry];
    report(`allow_hosts[${i}]`, 'must be a host name or IP address, with or without a port');
    return [];
  });
}

function parseTls(value: Json, report: Report): ApiPlan['tls'] {
  if (value === null) return { verify: true, caFile: null };
  if (!isJsonObject(value)) report('ssl', 'must be a mapping with verify or ca_file');
  const { verify = null, ca_file: caFile = null, ...others } = isJsonObject(value) ? value : {};
  for (const key of Object.keys(others))
    report(`ssl.${key}`, 'is unknown; known are verify and ca_file');
  if (caFile !== null && typeof caFile !== 'string')
    report('ssl.ca_file', 'must be the path of a PEM file');
  return {
    verify: parseFlag(verify, { path: 'ssl.verify', fallback: true, report }),
    caFile: typeof caFile === 'string' ? caFile : null,
  };
}

/**
 * A key of the author's own is data for `{{ config.key }}` or for the handler; one that resembles a known key and that no template
 * uses is taken for a typing error.
 */
function reportUnknownKeys(
  fields: Readonly<Record<string, Json>>,
  plan: ApiPlan,
  report: Report,
): void {
  const used = new Set(
    [
      { kind: 'text', template: plan.url } as const,
      plan.params,
      plan.headers,
      ...(plan.body === null ? [] : [plan.body]),
    ]
      .flatMap(referencesOf)
      .flatMap(({ path: [root, key] }) => (root === 'config' && key !== undefined ? [key] : [])),
  );
  for (const key of Object.keys(fields)) {
    if (KEYS.some((known) => known === key) || used.has(key)) continue;
    const meant = nearest(key, KEYS);
    if (meant !== undefined) report(key, `is unknown. Did you mean "${meant}"?`);
  }
}
