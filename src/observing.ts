import type { MetricsOptions } from './config/options.ts';
import type { ResolvedOptions } from './config/resolve.ts';
import type { Connection } from './db/db.ts';
import { checkMigrated } from './db/migrate.ts';
import { TaskerError } from './kernel/errors.ts';
import type { Runtime } from './runtime.ts';
import { MIGRATIONS } from './store/migrations.generated.ts';
import {
  createProbe,
  NOT_STARTED,
  PROBE_MS,
  type Health,
  type HealthSource,
} from './telemetry/health.ts';
import { MOST_COUNTED } from './telemetry/metric-names.ts';
import { registerMetrics, type DatabaseGauges, type MetricsText } from './telemetry/prometheus.ts';
import { shared, within } from './telemetry/within.ts';

type MetricsRegistry = NonNullable<MetricsOptions['registry']>;

/** How long an answer of the database serves all scrapes. */
const FRESH_MS = 5_000;

/** What the engine lets be seen of itself, started or not: metrics and health. */
export interface Observing {
  metrics(): Promise<MetricsText>;
  health(): Promise<Health>;
}

/** @throws INVALID_OPTION when the host's registry has metrics of these names */
export function observe(runtime: Runtime, options: ResolvedOptions): Observing {
  const { metrics } = options;
  const sources = {
    measures: runtime.measures,
    database: perStart<DatabaseGauges | null>(runtime, gaugesOf, null),
    slots: () => runtime.current?.worker?.slots ?? null,
    connections: () => runtime.current?.parts.db.connections?.() ?? null,
  };
  const register = (registry: MetricsRegistry): MetricsRegistry => {
    registerMetrics(registry, metrics?.prefix ?? '', sources);
    return registry;
  };
  let registry = metrics?.registry ? Promise.resolve(register(metrics.registry)) : null;
  return {
    async metrics() {
      if (metrics === null) throw new TaskerError('METRICS_OFF', {});
      // Loaded when it is first needed: a process that nobody scrapes starts 40 ms sooner.
      registry ??= import('prom-client').then((prometheus) => register(new prometheus.Registry()));
      const ready = await registry;
      return { contentType: ready.contentType, text: await ready.metrics() };
    },
    health: perStart(runtime, (current) => createProbe(healthOf(current, options)), NOT_STARTED),
  };
}

type Current = NonNullable<Runtime['current']>;

/** Asks through what `make` makes, anew for every start of the engine; answers `otherwise` while it is not started. */
function perStart<T>(
  runtime: Runtime,
  make: (current: Current) => () => Promise<T>,
  otherwise: T,
): () => Promise<T> {
  let made: { readonly current: Current; readonly ask: () => Promise<T> } | null = null;
  return async () => {
    const { current } = runtime;
    if (current === null) return otherwise;
    if (made?.current !== current) made = { current, ask: make(current) };
    return made.ask();
  };
}

/** Null when the database does not answer. */
function gaugesOf({ parts }: Current): () => Promise<DatabaseGauges | null> {
  const ask = shared(FRESH_MS, () => parts.store.readGauges(hasty(parts.db), MOST_COUNTED));
  return () =>
    within(
      PROBE_MS,
      ask().catch(() => null),
      null,
    );
}

function healthOf(current: Current, options: ResolvedOptions): HealthSource {
  const { parts, worker } = current;
  const target = { schema: options.schema, migrations: MIGRATIONS };
  return {
    isStopping: () => current.isStopping,
    checkSchema: () => checkMigrated(hasty(parts.db), target),
    worker:
      worker === null || options.worker === null
        ? null
        : {
            leaseMs: options.worker.leaseMs,
            readLease: () => parts.store.readLease(hasty(parts.db), worker.workerId),
          },
  };
}

/** A connection that stays silent is given up with the probe, so that the next probe finds another. */
function hasty(db: Connection): Connection {
  return { query: (statement) => db.query({ ...statement, answerWithinMs: PROBE_MS }) };
}
