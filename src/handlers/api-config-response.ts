import { isJsonObject } from '../kernel/json.ts';
import type { Json } from '../kernel/json.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { Report } from './config-problem.ts';

/** Statuses from the first to the second, both included. */
export type StatusRange = readonly [from: number, to: number];

/** What becomes of the answer. */
export interface ResponsePlan {
  /** `auto` follows the Content-Type; `json` insists on JSON; `text` takes whatever comes. */
  readonly body: 'auto' | 'json' | 'text';
  /** Key of the result to path inside the body; null keeps status, headers and body. */
  readonly map: readonly (readonly [key: string, path: MappedPath])[] | null;
  readonly maxBytes: number;
}

/** A path inside the body. An optional one (written with `?` at its end) that leads nowhere gives null. */
export interface MappedPath {
  readonly text: string;
  readonly path: readonly string[];
  readonly optional: boolean;
}

const DEFAULT_MAX_BYTES = 5 * 1_048_576;
const DEFAULT_EXPECT: readonly StatusRange[] = [[200, 299]];
const RESPONSE_KEYS = ['body', 'map', 'max_bytes'] as const;

/** A status (`200`), a class (`2xx`), a range (`200-226`), or a list of these. */
export function parseExpect(value: Json, report: Report): readonly StatusRange[] {
  if (value === null) return DEFAULT_EXPECT;
  const list: readonly Json[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) report('expect', 'names no status');
  return list.flatMap((entry) => {
    const range = parseRange(entry);
    if (range === null)
      report('expect', `${JSON.stringify(entry)} is no status: write 200, 2xx or 200-226`);
    return range === null ? [] : [range];
  });
}

export function parseResponse(value: Json, report: Report): ResponsePlan {
  if (value !== null && !isJsonObject(value)) report('response', 'must be a mapping');
  const fields = isJsonObject(value) ? value : {};
  for (const key of Object.keys(fields)) {
    if (!RESPONSE_KEYS.some((known) => known === key))
      report(`response.${key}`, `is unknown.${didYouMean(key, RESPONSE_KEYS)}`);
  }
  return {
    body: parseBodyMode(fields['body'] ?? null, report),
    map: parseMap(fields['map'] ?? null, report),
    maxBytes: parseMaxBytes(fields['max_bytes'] ?? null, report),
  };
}

function parseRange(entry: Json): StatusRange | null {
  const text =
    typeof entry === 'number' ? String(entry) : typeof entry === 'string' ? entry.trim() : '';
  const family = /^([1-5])xx$/i.exec(text);
  if (family) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99];
  const range = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(text);
  if (!range) return null;
  const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
  return from <= to ? [from, to] : null;
}

function parseBodyMode(value: Json, report: Report): ResponsePlan['body'] {
  if (value === null) return 'auto';
  if (value === 'auto' || value === 'json' || value === 'text') return value;
  report('response.body', 'must be auto, json or text');
  return 'auto';
}

function parseMap(value: Json, report: Report): ResponsePlan['map'] {
  if (value === null) return null;
  if (!isJsonObject(value)) {
    report('response.map', 'must be a mapping from a key of the result to a path in the body');
    return null;
  }
  return Object.entries(value).map(([key, entry]) => {
    const text = typeof entry === 'string' ? entry : '';
    if (!/^[^.?]+(?:\.[^.?]+)*\??$/.test(text)) {
      report(
        `response.map.${key}`,
        'must be a path in the body, such as data.items.0.id; end it with ? when it may be missing',
      );
    }
    const plain = text.replace(/\?$/, '');
    return [key, { text: plain, path: plain.split('.'), optional: plain !== text }] as const;
  });
}

function parseMaxBytes(value: Json, report: Report): number {
  if (value === null) return DEFAULT_MAX_BYTES;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  report('response.max_bytes', 'must be a whole number above 0');
  return DEFAULT_MAX_BYTES;
}
