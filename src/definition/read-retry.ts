import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { nearest } from '../kernel/nearest.ts';
import type { BackoffPolicy, JitterName } from '../retry/backoff.ts';
import type { Fields, Limits } from './fields.ts';
import {
  booleanField,
  choiceField,
  durationField,
  given,
  integerField,
  objectField,
  oneOf,
  refuseUnknown,
} from './fields.ts';

/** What one level of a definition (the task or a step) says about retries; what it leaves open is undefined. */
export interface RetrySettings {
  readonly retryable: boolean | undefined;
  readonly limit: number | undefined;
  readonly strategy: string | undefined;
  readonly baseMs: Milliseconds | undefined;
  readonly maxMs: Milliseconds | undefined;
  readonly jitter: JitterName | undefined;
}

/** The names of backoff strategies, or null where they are not known yet (code definitions: `checkDefinition` does it at registration). */
export type StrategyNames = ReadonlySet<string> | null;

/** The keys through which a task or step speaks about retries. */
export const RETRY_FIELDS = [
  'retry',
  'backoff',
  'retryable',
  'default_retryable',
  'retry_limit',
  'default_retry_limit',
] as const;

/** Total attempts that may be asked for: beyond this, a retry limit is a typing error. */
const RETRY_LIMITS: Limits = { min: 1, max: 10_000 };
const JITTERS: readonly JitterName[] = ['none', 'full', 'equal'];
const NOTHING: RetrySettings = {
  retryable: undefined,
  limit: undefined,
  strategy: undefined,
  baseMs: undefined,
  maxMs: undefined,
  jitter: undefined,
};

/** Reads every spelling of retry settings at one level: `retry: {…}`, `backoff: …`, and the seed's `default_retry…` fields. */
export function readRetry(fields: Fields, strategies: StrategyNames): RetrySettings {
  const retryableName = oneOf(fields, ['retryable', 'default_retryable']);
  const retry = objectField(fields, 'retry');
  const limits = [
    ...['retry_limit', 'default_retry_limit'].map((name) => ({ at: fields, name })),
    ...(retry ? ['limit', 'max_attempts'].map((name) => ({ at: retry, name })) : []),
  ].filter(({ at, name }) => given(at, name) !== undefined);
  for (const extra of limits.slice(1)) refuseTwice(extra.at, extra.name, 'the retry limit');
  const backoffs = [
    { at: fields, name: 'backoff' },
    ...(retry ? [{ at: retry, name: 'backoff' }] : []),
  ].filter(({ at, name }) => given(at, name) !== undefined);
  for (const extra of backoffs.slice(1)) refuseTwice(extra.at, extra.name, 'the backoff');
  if (retry) refuseUnknown(retry, ['limit', 'max_attempts', 'backoff', 'base', 'max', 'jitter']);
  const block = retry ? readCurve(retry) : NOTHING;
  const backoff = backoffs[0] ? readBackoff(backoffs[0].at, backoffs[0].name, strategies) : NOTHING;
  return {
    retryable: retryableName === undefined ? undefined : booleanField(fields, retryableName),
    limit: limits[0] ? integerField(limits[0].at, limits[0].name, RETRY_LIMITS) : undefined,
    strategy: backoff.strategy,
    baseMs: backoff.baseMs ?? block.baseMs,
    maxMs: backoff.maxMs ?? block.maxMs,
    jitter: backoff.jitter ?? block.jitter,
  };
}

/**
 * The seed's own spelling inside the configuration of an API step: `enable_exponential_backoff` (true when absent) and
 * `retry_delay` in seconds. It stands below what the step says in the general fields.
 */
export function readApiRetry(kind: string, config: Json): RetrySettings {
  if (kind !== 'api' || !isJsonObject(config)) return NOTHING;
  const delay = config['retry_delay'];
  return {
    ...NOTHING,
    strategy: config['enable_exponential_backoff'] === false ? 'none' : undefined,
    baseMs: typeof delay === 'number' && delay > 0 ? Math.round(delay * 1_000) : undefined,
  };
}

/** The policy of a step: what the first level that says something says; 1 s doubling up to 30 s with full jitter otherwise. */
export function backoffPolicy(levels: readonly RetrySettings[]): BackoffPolicy {
  const first = <Key extends keyof RetrySettings>(key: Key): RetrySettings[Key] | undefined =>
    levels.map((level) => level[key]).find((value) => value !== undefined);
  const baseMs = first('baseMs') ?? 1_000;
  return {
    strategy: first('strategy') ?? 'exponential',
    baseMs,
    maxMs: first('maxMs') ?? Math.max(30_000, baseMs),
    jitter: first('jitter') ?? 'full',
  };
}

/** `backoff: fixed`, or `backoff: {strategy: fixed, base: 2s, …}`. */
function readBackoff(fields: Fields, name: string, strategies: StrategyNames): RetrySettings {
  const value = given(fields, name);
  if (typeof value === 'string') {
    return { ...NOTHING, strategy: readStrategy(fields, name, strategies) };
  }
  const inner = objectField(fields, name);
  if (!inner) return NOTHING;
  refuseUnknown(inner, ['strategy', 'base', 'max', 'jitter']);
  return { ...readCurve(inner), strategy: readStrategy(inner, 'strategy', strategies) };
}

function readStrategy(fields: Fields, name: string, strategies: StrategyNames): string | undefined {
  const value = given(fields, name);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && (strategies === null || strategies.has(value))) return value;
  fields.report({
    code: 'UNKNOWN_STRATEGY',
    path: [...fields.path, name],
    field: name,
    message:
      strategies === null
        ? 'must be the name of a strategy'
        : `must be one of ${[...strategies].join(', ')}`,
    suggestion:
      typeof value === 'string' && strategies !== null ? nearest(value, strategies) : undefined,
  });
  return undefined;
}

function readCurve(fields: Fields): RetrySettings {
  const baseMs = durationField(fields, 'base');
  const maxMs = durationField(fields, 'max');
  if (baseMs !== undefined && maxMs !== undefined && baseMs > maxMs) {
    fields.report({
      code: 'RANGE',
      path: [...fields.path, 'base'],
      field: 'base',
      message: 'must not be longer than max',
    });
  }
  return { ...NOTHING, baseMs, maxMs, jitter: choiceField(fields, 'jitter', JITTERS) };
}

function refuseTwice(fields: Fields, name: string, what: string): void {
  fields.report({
    code: 'AMBIGUOUS',
    path: [...fields.path, name],
    onKey: true,
    message: `${what} is given twice: keep one`,
  });
}
