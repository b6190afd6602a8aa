import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { MAX_DURATION_MS, parseDuration } from '../kernel/duration.ts';
import { isTaskerError } from '../kernel/errors.ts';
import { nearest } from '../kernel/nearest.ts';
import { nameFault, textFault } from './names.ts';
import type { Path, Report } from './problem.ts';

/** An object of a definition and where it stands. */
export interface Fields {
  readonly path: Path;
  readonly values: { readonly [key: string]: Json };
  readonly report: Report;
}

/** Integer limits, both included. */
export interface Limits {
  readonly min: number;
  readonly max: number;
}

/*
 * One reader per type of field. Each answers `undefined` when the field is absent, null, or wrong; what is wrong has then been
 * reported, so that reading goes on and every fault of a file comes out at once.
 */

/** The value of a field; null counts as absent, as an empty YAML value means "nothing here". */
export function given(fields: Fields, name: string): Json | undefined {
  return Object.hasOwn(fields.values, name) ? (fields.values[name] ?? undefined) : undefined;
}

/** A field that must be there. */
export function requireField(fields: Fields, name: string): void {
  if (given(fields, name) === undefined) {
    fields.report({ code: 'REQUIRED', path: fields.path, field: name, message: 'is required' });
  }
}

/** Refuses keys that the format does not have. */
export function refuseUnknown(fields: Fields, known: readonly string[]): void {
  for (const key of Object.keys(fields.values)) {
    if (known.includes(key)) continue;
    fields.report({
      code: 'UNKNOWN_FIELD',
      path: [...fields.path, key],
      onKey: true,
      message: `there is no field "${shorten(key)}" here`,
      suggestion: nearest(key, known),
    });
  }
}

/** Refuses two spellings of one thing in the same object. Answers the spelling that is used, or undefined. */
export function oneOf(fields: Fields, names: readonly string[]): string | undefined {
  const used = names.filter((name) => given(fields, name) !== undefined);
  if (used.length > 1) {
    const [first, second] = used;
    fields.report({
      code: 'AMBIGUOUS',
      path: [...fields.path, second ?? ''],
      onKey: true,
      message: `"${first}" and "${second}" say the same thing twice: keep one`,
    });
  }
  return used[0];
}

export function textField(fields: Fields, name: string, maxLength: number): string | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return wrongType(fields, name, 'must be text');
  const fault = value.trim() === '' ? 'must not be empty' : textFault(value, maxLength);
  if (fault === null) return value;
  fields.report({
    code: 'INVALID_VALUE',
    path: [...fields.path, name],
    field: name,
    message: fault,
  });
  return undefined;
}

export function nameField(fields: Fields, name: string, maxLength: number): string | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return wrongType(fields, name, 'must be text');
  const fault = nameFault(value, maxLength);
  if (fault === null) return value;
  const message = `${JSON.stringify(shorten(value))} ${fault}`;
  fields.report({ code: 'INVALID_NAME', path: [...fields.path, name], field: name, message });
  return undefined;
}

export function booleanField(fields: Fields, name: string): boolean | undefined {
  const value = given(fields, name);
  if (value === undefined || typeof value === 'boolean') return value;
  return wrongType(fields, name, 'must be true or false');
}

export function integerField(fields: Fields, name: string, limits: Limits): number | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  const isEndless = value === Infinity || value === -Infinity; // a number, but out of range
  if (typeof value !== 'number' || (!isEndless && !Number.isInteger(value))) {
    return wrongType(fields, name, 'must be a whole number');
  }
  return inRange(fields, name, { ...limits, value });
}

/** A duration such as `10s`; a bare number counts milliseconds. At least one millisecond unless `allowZero`. */
export function durationField(
  fields: Fields,
  name: string,
  allowZero = false,
): Milliseconds | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && !Number.isFinite(value))
    return inRange(fields, name, { value, min: 1, max: MAX_DURATION_MS });
  try {
    const ms = typeof value === 'number' && value < 0 ? -1 : parseDuration(value, name);
    if (ms > 0 || (allowZero && ms === 0)) return ms;
    fields.report({
      code: 'RANGE',
      path: [...fields.path, name],
      field: name,
      message: 'must be longer than nothing',
    });
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_DURATION')) throw error;
    return wrongType(fields, name, 'must be a duration such as 250ms, 10s, 5m, 2h or 3d');
  }
  return undefined;
}

/** One of some words. */
export function choiceField<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  fields.report({
    code: typeof value === 'string' ? 'INVALID_VALUE' : 'TYPE',
    path: [...fields.path, name],
    field: name,
    message: `must be one of ${words.join(', ')}`,
    suggestion: typeof value === 'string' ? nearest(value, words) : undefined,
  });
  return undefined;
}

/** An object, as fields of its own. */
export function objectField(fields: Fields, name: string): Fields | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return wrongType(fields, name, 'must be an object');
  return { path: [...fields.path, name], values: value, report: fields.report };
}

/** A list. */
export function listField(fields: Fields, name: string): readonly Json[] | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  return isList(value) ? value : wrongType(fields, name, 'must be a list');
}

/** A list of texts; elements that are none are reported and left out. The indexes are those of the file. */
export function textListField(
  fields: Fields,
  name: string,
): readonly { readonly text: string; readonly index: number }[] | undefined {
  return listField(fields, name)?.flatMap((text, index) => {
    if (typeof text === 'string') return [{ text, index }];
    fields.report({
      code: 'TYPE',
      path: [...fields.path, name, index],
      field: name,
      message: 'must hold text only',
    });
    return [];
  });
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Text for a message: a name of 10,000 characters must not fill a screen. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function wrongType(fields: Fields, name: string, message: string): undefined {
  fields.report({ code: 'TYPE', path: [...fields.path, name], field: name, message });
  return undefined;
}

function inRange(
  fields: Fields,
  name: string,
  { value, min, max }: Limits & { readonly value: number },
): number | undefined {
  if (value >= min && value <= max) return value;
  const message = value < min ? `must be at least ${min}` : `must be at most ${max}`;
  fields.report({
    code: 'RANGE',
    path: [...fields.path, name],
    field: name,
    message: `${message} (got ${value})`,
  });
  return undefined;
}
