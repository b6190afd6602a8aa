import { z } from 'zod';
import { parseDuration } from '../kernel/duration.ts';
import type { Json } from '../kernel/json.ts';

/** Largest task id of this schema: a step id keeps 16 of the 53 safe bits for the position. */
const MAX_TASK_ID = 2 ** 37 - 1;

/** An id in an answer. */
export const id = z.int().min(1);

/** A moment in an answer: RFC 3339, UTC, milliseconds. */
export const moment = z.iso.datetime({ precision: 3 });
export const momentOrNull = moment.nullable();

/** Any JSON value. */
export const json = z
  .custom<Json>((value) => value !== undefined)
  .meta({ description: 'Any JSON value' });

/** A JSON object. */
export const jsonObject = z
  .custom<{ readonly [key: string]: Json }>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be a JSON object',
  )
  .meta({ type: 'object', description: 'A JSON object' });

/** A name or a key. */
export const text = z.string().min(1).max(255);

/** What a person wrote: who, why, from where. */
export const remark = z.string().min(1).max(128);

/** A short name: a system, a type of annotations, a grant. */
export const label = z.string().min(1).max(64);

/** The tags of a task. */
export const tags = z.array(remark).max(64);

/** A task's id in a path or a query: digits only. */
export const taskIdText = wholeText(1, MAX_TASK_ID, 'an id');

/** A step's id in a path: its number, or its name. */
export const stepIdText = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'The id of the step (workflow_step_id) or its name' });

/** A whole number as it stands in a query string: digits, no sign, no exponent. */
export function wholeText(least: number, most: number, what = 'a number') {
  return z
    .string()
    .refine((value) => /^\d{1,16}$/.test(value), `must be ${what}: digits only`) // not regex(): a pattern is for texts, the document says integer
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: `must be from ${least} to ${most}`,
    })
    .meta({ type: 'integer', minimum: least, maximum: most });
}

/** A moment in a query string or a body. */
export const momentText = z.iso
  .datetime({ offset: true, error: 'must be a moment such as 2026-01-31T12:00:00Z' })
  .refine(
    (value) => Number(value.slice(0, 4)) >= 1970 && Number(value.slice(0, 4)) <= 9_000,
    'must lie between the years 1970 and 9000',
  )
  .transform((value) => new Date(value))
  .meta({ type: 'string', format: 'date-time' });

/** Words of a list, separated by commas. */
export function wordList<const Words extends readonly [string, ...string[]]>(words: Words) {
  const member = z.enum(words);
  const oneOf = `(${words.join('|')})`;
  return z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(member).min(1))
    .meta({
      type: 'string',
      pattern: `^${oneOf}(,${oneOf})*$`,
      description: `One or several of ${words.join(', ')}, comma-separated`,
    });
}

/** A length of time such as `30s`, `15m`, `24h` or `7d`. */
export const durationText = z
  .string()
  .regex(
    /^\d{1,15}(\.\d{1,6})?(ms|s|m|h|d)$/,
    'must be a length of time such as 30s, 15m, 24h or 7d',
  )
  .refine(isDuration, 'must be at most ten years')
  .meta({ description: 'A length of time such as 30s, 15m, 24h or 7d' });

function isDuration(value: string): boolean {
  try {
    parseDuration(value);
    return true;
  } catch {
    return false; // the reason is one: it is too long
  }
}

/** No parameters. */
export const nothing = z.strictObject({});
