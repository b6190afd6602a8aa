/**
 * Templates in handler_config: `{{ context.cart_id }}`, `{{ deps.fetch_cart.body.items.0.id }}`, `{{ secrets.SHOP_KEY }}`.
 *
 * I1: a template is a path and nothing else: no expressions, no code.
 * I2: only own properties of plain data are read, so no path reaches a prototype, a method or a getter of the engine.
 * I3: a path that leads nowhere is an error that names it, never an empty text.
 */
import type { Json } from '../kernel/json.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { permanentFailure } from './attempt-error.ts';

/** What the first word of a path may be. */
const TEMPLATE_ROOTS = [
  'context',
  'deps',
  'task',
  'step',
  'config',
  'secrets',
  'idempotency_key',
] as const;

/** A path, as written and in its parts. */
export interface Reference {
  readonly text: string;
  readonly path: readonly string[];
}

/** Text with references in it. */
export type Template = readonly (string | Reference)[];

/** Any JSON with templates in its texts. */
export type JsonTemplate =
  | { readonly kind: 'text'; readonly template: Template }
  | { readonly kind: 'list'; readonly items: readonly JsonTemplate[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonTemplate])[] }
  | { readonly kind: 'constant'; readonly value: Json };

/** Finds the value of a reference. @throws PermanentError when there is none */
export type Resolve = (reference: Reference) => Json;

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;
const PATH = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/;

/** Takes a text apart. The problem is the first fault of its templates, for the author of the definition. */
export function parseTemplate(text: string): {
  readonly template: Template;
  readonly problem: string | null;
} {
  const template: (string | Reference)[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) template.push(text.slice(end, match.index));
    const path = (match[1] ?? '').trim();
    const problem = pathProblem(path);
    if (problem !== null) return { template, problem };
    template.push({ text: path, path: path.split('.') });
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  if (rest.includes('{{'))
    return { template, problem: 'a template is not closed: write {{ path }}' };
  if (rest !== '') template.push(rest);
  return { template, problem: null };
}

/** Takes every text of a JSON value apart. `report` receives each problem with its place inside the value. */
export function parseJsonTemplate(
  value: Json,
  report: (path: string, problem: string) => void,
  at = '',
): JsonTemplate {
  if (typeof value === 'string') {
    const { template, problem } = parseTemplate(value);
    if (problem !== null) report(at, problem);
    return { kind: 'text', template };
  }
  if (value === null || typeof value !== 'object') return { kind: 'constant', value };
  if (isList(value))
    return {
      kind: 'list',
      items: value.map((item, i) => parseJsonTemplate(item, report, `${at}[${i}]`)),
    };
  const members = Object.entries(value).map(
    ([key, member]) =>
      [key, parseJsonTemplate(member, report, at === '' ? key : `${at}.${key}`)] as const,
  );
  return { kind: 'object', members };
}

/** The references of a template. */
export function referencesOf(template: JsonTemplate): readonly Reference[] {
  switch (template.kind) {
    case 'text':
      return template.template.filter((part) => typeof part !== 'string');
    case 'list':
      return template.items.flatMap(referencesOf);
    case 'object':
      return template.members.flatMap(([, member]) => referencesOf(member));
    case 'constant':
      return [];
  }
}

/** Fills a JSON value. A text that is one template and nothing else becomes the value itself, with its type. */
export function renderJson(template: JsonTemplate, resolve: Resolve): Json {
  switch (template.kind) {
    case 'text': {
      const [only, ...others] = template.template;
      if (only !== undefined && typeof only !== 'string' && others.length === 0)
        return resolve(only);
      return renderText(template.template, resolve);
    }
    case 'list':
      return template.items.map((item) => renderJson(item, resolve));
    case 'object':
      return Object.fromEntries(
        template.members.map(([key, member]) => [key, renderJson(member, resolve)]),
      );
    case 'constant':
      return template.value;
  }
}

/**
 * Fills a text. Each value passes through `encode` (percent-encoding in URLs).
 *
 * @throws PermanentError for null, lists and objects: a text such as `/carts/null` is a mistake, not a wish
 */
export function renderText(
  template: Template,
  resolve: Resolve,
  encode: (text: string, reference: Reference) => string = (text) => text,
): string {
  return template
    .map((part) => {
      if (typeof part === 'string') return part;
      const value = resolve(part);
      if (value === null || typeof value === 'object') {
        throw unresolved(
          part,
          `is ${value === null ? 'null' : isList(value) ? 'a list' : 'an object'} where a text is needed`,
        );
      }
      return encode(String(value), part);
    })
    .join('');
}

/** Follows a path through plain data. @throws PermanentError that says where the path ends, and what the nearest key is */
export function followPath(root: Json, reference: Reference): Json {
  let value = root;
  for (const [i, key] of reference.path.entries()) {
    const next = ownMember(value, key);
    if (next === undefined) {
      const place = reference.path.slice(0, i).join('.') || 'a template';
      const keys =
        value !== null && typeof value === 'object' && !isList(value) ? Object.keys(value) : [];
      throw unresolved(reference, `${place} has no "${key}".${didYouMean(key, keys)}`);
    }
    value = next;
  }
  return value;
}

/** The error of a reference that has no usable value. */
export function unresolved(reference: Reference, problem: string): Error {
  return permanentFailure({
    code: 'UNRESOLVED_TEMPLATE',
    details: { template: reference.text, problem },
  });
}

/** An own member of plain data, or undefined. Lists have their positions only. */
export function ownMember(value: Json, key: string): Json | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (isList(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function pathProblem(path: string): string | null {
  if (!PATH.test(path))
    return `"${path}" is not a path: write words joined by dots, such as context.cart_id`;
  const root = path.split('.')[0] ?? '';
  if (!TEMPLATE_ROOTS.some((known) => known === root)) {
    return `"${root}" is unknown: a path begins with ${TEMPLATE_ROOTS.join(', ')}.${didYouMean(root, TEMPLATE_ROOTS)}`;
  }
  if (root === 'secrets' && path.split('.').length !== 2)
    return 'a secret is named by one word: {{ secrets.NAME }}';
  return null;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
