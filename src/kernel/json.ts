/**
 * The JSON gate: one door for everything that is stored (contexts, inputs, results, errors, annotations).
 *
 * I1: what passes comes back from PostgreSQL unchanged, or it does not pass. Nothing is silently coerced: a Map, a Date, NaN, an
 *     unsafe integer, `undefined` inside an array, a NUL or a lone surrogate is an error that names the place.
 * I2: the depth is checked before any SQL. PGlite 0.5.16 loses a write without an error at 7,000 levels (measured).
 * I3: an own `__proto__` key is data and survives; it never reaches a prototype, because values are only read here.
 */

/** Plain JSON. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Limits of one stored value. */
export interface JsonLimits {
  /** Bytes of the UTF-8 text. @default 1048576 */
  readonly maxBytes: number;
  /** Levels of nesting. @default 100 */
  readonly maxDepth: number;
  /** Keys and array elements in total. @default 100000 */
  readonly maxNodes: number;
  /**
   * Refuse keys that have harmed readers of JSON (`__proto__`, and `constructor` with a `prototype` inside). On for what outsiders
   * send (contexts, inputs); off for what handlers return, where such a key is plain data and comes back unchanged. @default false
   */
  readonly refuseForbiddenKeys?: boolean;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = {
  maxBytes: 1_048_576,
  maxDepth: 100,
  maxNodes: 100_000,
};

/** Why a value was refused. `kind` says whether it is not JSON at all, not storable, or too large. */
export interface JsonProblem {
  readonly kind: 'unserialisable' | 'unstorable' | 'too_large';
  readonly problem: string;
  readonly path: string;
  /** Set when `kind` is `too_large`. */
  readonly bytes?: number;
}

/** The text to store, or the reason why the value cannot be stored. */
export type GateAnswer =
  { readonly ok: true; readonly text: string } | ({ readonly ok: false } & JsonProblem);

/**
 * Checks a value and writes it as JSON text. `undefined` at the top becomes `null` (a handler that returns nothing);
 * `undefined` members of objects are left out, as JSON.stringify does.
 */
export function gateJson(value: unknown, limits: JsonLimits = DEFAULT_JSON_LIMITS): GateAnswer {
  if (value === undefined) return { ok: true, text: 'null' };
  const walk: Walk = { limits, nodes: 0, path: [], ancestors: [] };
  let text: string;
  try {
    const problem = inspect(value, walk, 0);
    if (problem) return { ok: false, ...problem, path: pathText(walk.path) };
    text = JSON.stringify(value);
  } catch (error) {
    return {
      ok: false,
      kind: 'unserialisable',
      problem: `reading it threw ${thrownText(error)}`,
      path: pathText(walk.path),
    };
  }
  // The length in UTF-16 units is a lower bound of the bytes, and a third of it an upper bound's inverse: count only when it matters.
  if (text.length > limits.maxBytes / 3) {
    const bytes = Buffer.byteLength(text);
    if (bytes > limits.maxBytes)
      return { ok: false, kind: 'too_large', problem: 'too large', path: '$', bytes };
  }
  return { ok: true, text };
}

/**
 * JSON with object keys in code-unit order, for hashing: equal values give equal text, whatever the order of their keys.
 * The value must have passed the gate.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** True for a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Walk {
  readonly limits: JsonLimits;
  nodes: number;
  readonly path: (string | number)[];
  readonly ancestors: object[];
}

type Refusal = Omit<JsonProblem, 'path'>;

function inspect(value: unknown, walk: Walk, depth: number): Refusal | null {
  switch (typeof value) {
    case 'string':
      return inspectText(value);
    case 'number':
      return inspectNumber(value);
    case 'boolean':
      return null;
    case 'object':
      return value === null ? null : inspectObject(value, walk, depth);
    case 'undefined':
      return { kind: 'unserialisable', problem: 'undefined' };
    default:
      return { kind: 'unserialisable', problem: `a ${typeof value}` };
  }
}

function inspectObject(value: object, walk: Walk, depth: number): Refusal | null {
  if (walk.ancestors.includes(value))
    return { kind: 'unserialisable', problem: 'a circular reference' };
  if (depth >= walk.limits.maxDepth) {
    return { kind: 'unstorable', problem: `more than ${walk.limits.maxDepth} levels of nesting` };
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isList = Array.isArray(value);
  if (
    !isList &&
    prototype !== Object.prototype &&
    prototype !== null &&
    !isForeignPlain(prototype)
  ) {
    return { kind: 'unserialisable', problem: `a ${className(value)}` };
  }
  if (typeof Reflect.get(value, 'toJSON') === 'function')
    return { kind: 'unserialisable', problem: 'an object with toJSON' };
  walk.ancestors.push(value);
  const refusal = isList ? inspectArray(value, walk, depth) : inspectMembers(value, walk, depth);
  walk.ancestors.pop();
  return refusal;
}

function inspectArray(list: readonly unknown[], walk: Walk, depth: number): Refusal | null {
  for (let i = 0; i < list.length; i += 1) {
    walk.path.push(i);
    const refusal = countNode(walk) ?? inspect(list[i], walk, depth + 1);
    if (refusal) return refusal;
    walk.path.pop();
  }
  return null;
}

function inspectMembers(object: object, walk: Walk, depth: number): Refusal | null {
  for (const key of Object.keys(object)) {
    const member: unknown = Reflect.get(object, key);
    if (member === undefined) continue;
    walk.path.push(key);
    const refusal =
      countNode(walk) ??
      inspectText(key) ??
      inspectKey(key, member, walk) ??
      inspect(member, walk, depth + 1);
    if (refusal) return refusal;
    walk.path.pop();
  }
  return null;
}

function inspectKey(key: string, member: unknown, walk: Walk): Refusal | null {
  if (walk.limits.refuseForbiddenKeys !== true) return null;
  const forbidden =
    key === '__proto__' ||
    (key === 'constructor' && isJsonObject(member) && Object.hasOwn(member, 'prototype'));
  return forbidden ? { kind: 'unstorable', problem: `the forbidden key ${key}` } : null;
}

function countNode(walk: Walk): Refusal | null {
  walk.nodes += 1;
  return walk.nodes > walk.limits.maxNodes
    ? { kind: 'unstorable', problem: `more than ${walk.limits.maxNodes} keys and elements` }
    : null;
}

function inspectText(text: string): Refusal | null {
  if (text.includes('\u0000')) return { kind: 'unstorable', problem: 'a NUL character' };
  return text.isWellFormed()
    ? null
    : { kind: 'unstorable', problem: 'a lone surrogate (broken Unicode text)' };
}

function inspectNumber(value: number): Refusal | null {
  if (!Number.isFinite(value)) return { kind: 'unserialisable', problem: String(value) };
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
    return {
      kind: 'unstorable',
      problem: `the integer ${value}, which is beyond 2^53 and would change`,
    };
  }
  return null; // -0 is stored as 0: the two are equal, and a handler that multiplied by zero must not fail
}

/** A plain object of another realm (a `vm` context): its prototype is that realm's Object.prototype. */
function isForeignPlain(prototype: unknown): boolean {
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'hasOwnProperty')
  );
}

function className(value: object): string {
  const constructor: unknown = Reflect.get(value, 'constructor');
  return typeof constructor === 'function' && constructor.name !== ''
    ? constructor.name
    : 'object of a class';
}

function thrownText(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an unreadable error';
  }
}

function pathText(path: readonly (string | number)[]): string {
  const shown = path.length > 12 ? [...path.slice(0, 6), '…', ...path.slice(-3)] : path;
  return `$${shown.map((p) => (typeof p === 'number' ? `[${p}]` : p === '…' ? '…' : /^[A-Za-z_]\w*$/.test(p) ? `.${p}` : `[${JSON.stringify(p.slice(0, 64))}]`)).join('')}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
