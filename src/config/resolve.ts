import type { Milliseconds } from '../kernel/duration.ts';
import { DEFAULT_JSON_LIMITS, type JsonLimits } from '../kernel/json.ts';
import { silentLogger, type Logger } from '../kernel/logger.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { invalid, span, whole } from './check-option.ts';
import type { DatabaseOptions, MetricsOptions, TaskerOptions, WorkerOptions } from './options.ts';

/** Options of a worker, checked and with every default. */
export interface ResolvedWorker {
  readonly concurrency: number;
  readonly queues: readonly string[];
  readonly leaseMs: Milliseconds;
  readonly heartbeatMs: Milliseconds;
  readonly pollIntervalMs: Milliseconds;
  readonly shutdownGraceMs: Milliseconds;
  readonly flushConnections: number;
  readonly name: string | null;
  /** Version of this package, shown with the worker. */
  readonly version: string;
}

/** Options of Tasker, checked, with every default, frozen. */
export interface ResolvedOptions {
  readonly database: DatabaseOptions;
  readonly schema: string;
  readonly migrate: boolean | null;
  readonly environment: string;
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly worker: ResolvedWorker | null;
  readonly notify: boolean;
  readonly secret: (name: string) => string | undefined;
  readonly limits: JsonLimits;
  readonly outbound: { readonly allowHosts: readonly string[]; readonly allowPrivate: boolean };
  readonly logger: Logger;
  readonly metrics: {
    readonly registry: NonNullable<MetricsOptions['registry']> | null;
    readonly prefix: string;
  } | null;
}

/** What the environment says where options do not. */
export interface EnvironmentDefaults {
  readonly database: DatabaseOptions;
  readonly schema: string;
  readonly environment: string;
  readonly secret: (name: string) => string | undefined;
  readonly version: string;
}

const KEYS: readonly (keyof TaskerOptions)[] = [
  'database',
  'schema',
  'migrate',
  'environment',
  'handlers',
  'worker',
  'notify',
  'secret',
  'maxValueBytes',
  'outbound',
  'logger',
  'metrics',
];
const WORKER_KEYS: readonly (keyof WorkerOptions)[] = [
  'concurrency',
  'queues',
  'lease',
  'heartbeat',
  'pollInterval',
  'shutdownGrace',
  'flushConnections',
  'name',
];

/** Defaults, checks, freezes. @throws INVALID_OPTION naming the option, what is wrong, and for an unknown one the nearest known */
export function resolveOptions(
  options: TaskerOptions,
  defaults: EnvironmentDefaults,
): ResolvedOptions {
  refuseUnknown(options, KEYS, '');
  const bytes = options.maxValueBytes ?? DEFAULT_JSON_LIMITS.maxBytes;
  return Object.freeze({
    database: options.database ?? defaults.database,
    schema: options.schema ?? defaults.schema,
    migrate: options.migrate ?? null,
    environment: options.environment ?? defaults.environment,
    handlers: options.handlers ?? {},
    worker: options.worker === false ? null : resolveWorker(options.worker ?? {}, defaults.version),
    notify: options.notify ?? true,
    secret: options.secret ?? defaults.secret,
    limits: {
      ...DEFAULT_JSON_LIMITS,
      maxBytes: whole('maxValueBytes', bytes, [1_024, 64 * 1_048_576]),
    },
    outbound: {
      allowHosts: options.outbound?.allowHosts ?? [],
      allowPrivate: options.outbound?.allowPrivate ?? false,
    },
    logger: options.logger ?? silentLogger,
    metrics: options.metrics === false ? null : resolveMetrics(options.metrics ?? {}),
  });
}

function resolveMetrics(options: MetricsOptions): NonNullable<ResolvedOptions['metrics']> {
  refuseUnknown(options, ['registry', 'prefix'], 'metrics.');
  const { registry = null, prefix = 'tasker_' } = options;
  if (typeof prefix !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(prefix))
    throw invalid(
      'metrics.prefix',
      'must be 1 to 64 letters, digits and _, without a leading digit',
    );
  if (registry !== null && typeof registry.getSingleMetric !== 'function')
    throw invalid('metrics.registry', 'must be a Registry of prom-client');
  return { registry, prefix };
}

function resolveWorker(options: WorkerOptions, version: string): ResolvedWorker {
  refuseUnknown(options, WORKER_KEYS, 'worker.');
  const leaseMs = span('worker.lease', options.lease ?? '15s', [500, 3_600_000]);
  const heartbeatMs = span(
    'worker.heartbeat',
    options.heartbeat ?? Math.floor(leaseMs / 3),
    [50, 1_200_000],
  );
  if (heartbeatMs * 3 > leaseMs) {
    throw invalid(
      'worker.heartbeat',
      `must be at most a third of the lease (${leaseMs} ms), so that one lost renewal does not lose it`,
    );
  }
  const queues = options.queues ?? ['default'];
  if (
    !Array.isArray(queues) ||
    queues.length === 0 ||
    queues.some((q) => typeof q !== 'string' || q === '' || q.length > 64)
  ) {
    throw invalid(
      'worker.queues',
      'must be a list of at least one queue name (1 to 64 characters)',
    );
  }
  return Object.freeze({
    concurrency: whole('worker.concurrency', options.concurrency ?? 20, [1, 10_000]),
    queues: [...new Set(queues)],
    leaseMs,
    heartbeatMs,
    pollIntervalMs: span('worker.pollInterval', options.pollInterval ?? '2s', [10, 60_000]),
    shutdownGraceMs: span('worker.shutdownGrace', options.shutdownGrace ?? '30s', [0, 3_600_000]),
    flushConnections: whole('worker.flushConnections', options.flushConnections ?? 2, [1, 16]),
    name: options.name ?? null,
    version,
  });
}

function refuseUnknown(options: object, known: readonly string[], prefix: string): void {
  if (typeof options !== 'object' || options === null)
    throw invalid(prefix === '' ? 'options' : prefix.slice(0, -1), 'must be an object');
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw invalid(
      `${prefix}${unknown}`,
      `is not known.${didYouMean(unknown, known)} Known: ${known.join(', ')}`,
    );
}
