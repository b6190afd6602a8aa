import { isJsonObject } from '../kernel/json.ts';
import type { Json } from '../kernel/json.ts';
import type { Report } from './config-problem.ts';
import { parseTemplate } from './template.ts';
import type { JsonTemplate, Reference, Template } from './template.ts';

/** How a request proves who sends it. Every secret part is a template with `{{ secrets.NAME }}`. */
export type ApiAuth =
  | { readonly scheme: 'bearer'; readonly token: Template }
  | { readonly scheme: 'basic'; readonly username: Template; readonly password: Template }
  | { readonly scheme: 'header'; readonly name: string; readonly value: Template };

/** Headers that the connection itself sets. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'accept-encoding',
]);
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** True for a reference whose value comes from the author or operator and may stand for the beginning of a URL. */
export function isTrustedReference(reference: Reference): boolean {
  return reference.path[0] === 'config' || reference.path[0] === 'secrets';
}

export function parseUrl(value: Json, report: Report): Template {
  const template = parseText(value, 'url', report);
  const [first] = template;
  if (first === undefined) {
    if (value === null || value === '') report('url', 'is required');
    return template;
  }
  if (typeof first !== 'string') {
    if (!isTrustedReference(first)) {
      report(
        'url',
        'must begin with http:// or https://, or with a value from config or secrets: a task may not choose the whole address',
      );
    }
    return template;
  }
  if (!/^https?:\/\//i.test(first)) report('url', 'must begin with http:// or https://');
  else if (template.length === 1) checkWholeUrl(first, report);
  return template;
}

export function parseHeaders(headers: JsonTemplate, report: Report): JsonTemplate {
  for (const [name] of headers.kind === 'object' ? headers.members : [])
    checkHeaderName(name, { path: `headers.${name}`, report });
  return headers;
}

export function parseAuth(value: Json, report: Report): ApiAuth | null {
  if (value === null) return null;
  const [scheme, ...others] = isJsonObject(value) ? Object.keys(value) : [];
  if (
    !isJsonObject(value) ||
    others.length > 0 ||
    (scheme !== 'bearer' && scheme !== 'basic' && scheme !== 'header')
  ) {
    report('auth', 'must have exactly one of bearer, basic, header');
    return null;
  }
  const content = value[scheme] ?? null;
  if (scheme === 'bearer') return { scheme, token: parseSecret(content, 'auth.bearer', report) };
  const parts = isJsonObject(content) ? content : {};
  if (scheme === 'basic') {
    const username = parseText(parts['username'] ?? null, 'auth.basic.username', report);
    if (username.length === 0) report('auth.basic.username', 'is required');
    return {
      scheme,
      username,
      password: parseSecret(parts['password'] ?? null, 'auth.basic.password', report),
    };
  }
  const name = typeof parts['name'] === 'string' ? parts['name'] : '';
  checkHeaderName(name, { path: 'auth.header.name', report });
  return { scheme, name, value: parseSecret(parts['value'] ?? null, 'auth.header.value', report) };
}

/** A definition is stored and shown, so a secret in it must be a reference. */
function parseSecret(value: Json, path: string, report: Report): Template {
  const template = parseText(value, path, report);
  if (!template.some((part) => typeof part !== 'string' && part.path[0] === 'secrets')) {
    report(
      path,
      'must take its value from a secret, such as "{{ secrets.SHOP_TOKEN }}": definitions are stored as they are',
    );
  }
  return template;
}

function parseText(value: Json, path: string, report: Report): Template {
  if (value === null) return [];
  if (typeof value !== 'string') {
    report(path, 'must be text');
    return [];
  }
  const { template, problem } = parseTemplate(value);
  if (problem !== null) report(path, problem);
  return template;
}

function checkWholeUrl(text: string, report: Report): void {
  if (!URL.canParse(text)) return report('url', 'is not an address');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    report('url', 'carries a user name or password; use auth with a secret');
}

function checkHeaderName(
  name: string,
  { path, report }: { readonly path: string; readonly report: Report },
): void {
  if (!HEADER_NAME.test(name)) report(path, 'is not a header name');
  else if (RESERVED_HEADERS.has(name.toLowerCase()))
    report(path, 'is set by the connection itself');
}
