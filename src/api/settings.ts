import { invalid, span, whole } from '../config/check-option.ts';
import { silentLogger } from '../kernel/logger.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { anyOf } from './auth/any-of.ts';
import type { ApiOptions } from './options.ts';
import type { ApiSettings } from './parts.ts';

const KEYS: readonly (keyof ApiOptions)[] = [
  'basePath',
  'authenticate',
  'authorize',
  'allowedHosts',
  'allowedOrigins',
  'rateLimit',
  'maxBodyBytes',
  'bodyTimeout',
  'maxConcurrent',
  'heartbeat',
  'logger',
];

/** Defaults and checks. @throws INVALID_OPTION naming the option, what is wrong, and for an unknown one the nearest known */
export function resolveApiOptions(options: ApiOptions): ApiSettings {
  const unknown = Object.keys(options).find((key) => !KEYS.some((known) => known === key));
  if (unknown !== undefined)
    throw invalid(unknown, `is not known.${didYouMean(unknown, KEYS)} Known: ${KEYS.join(', ')}`);
  for (const name of ['authenticate', 'authorize'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalid(name, 'must be a function');
  const { rateLimit = { perSecond: 1_000, burst: 2_000 } } = options;
  return Object.freeze({
    basePath: basePath(options.basePath ?? '/tasker'),
    authenticate: options.authenticate === undefined ? null : anyOf(options.authenticate),
    authorize: options.authorize ?? null,
    allowedHosts: options.allowedHosts ?? null,
    allowedOrigins: options.allowedOrigins ?? [],
    rateLimit: rateLimit === false ? null : rateLimit,
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? 2_097_152, [1_024, 2 ** 28]),
    bodyTimeoutMs: span('bodyTimeout', options.bodyTimeout ?? '10s', [50, 600_000]),
    maxConcurrent: whole('maxConcurrent', options.maxConcurrent ?? 1_000, [1, 1_000_000]),
    heartbeatMs: span('heartbeat', options.heartbeat ?? '15s', [20, 600_000]),
    logger: options.logger ?? silentLogger,
  });
}

function basePath(given: unknown): string {
  if (typeof given !== 'string' || !/^(\/[\w.~-]+)*\/?$/.test(given))
    throw invalid('basePath', 'must be a path such as /tasker, or / for the root');
  return given.replace(/\/$/, '');
}
