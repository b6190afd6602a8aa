import type { Metric } from 'prom-client';
import type { MetricsOptions } from '../config/options.ts';
import { TaskerError } from '../kernel/errors.ts';
import { samplesOf, type Sample } from './histogram.ts';
import type { Measures, TaskCounts } from './measures.ts';
import { METRICS, type MetricName } from './metric-names.ts';

/** What the database said, if it answered. */
export interface DatabaseGauges {
  readonly queues: readonly {
    readonly queue: string;
    readonly ready: number;
    readonly oldestSeconds: number;
  }[];
  readonly waitingSteps: number;
  readonly openTasks: number;
  readonly failedTasks: number;
  readonly workersAlive: number;
}

/** What a scraper reads. */
export interface MetricsText {
  /** For the Content-Type header. */
  readonly contentType: string;
  readonly text: string;
}

/** Where the numbers come from. */
export interface MetricSources {
  readonly measures: Measures;
  /** Null when the database did not answer in time. Never rejects. */
  readonly database: () => Promise<DatabaseGauges | null>;
  /** Null where no worker runs. */
  readonly slots: () => { readonly busy: number; readonly total: number } | null;
  /** Null where there is no pool. */
  readonly connections: () => {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  } | null;
}

type MetricsRegistry = NonNullable<MetricsOptions['registry']>;
type Value = Omit<Sample, 'metricName'>;
type Read = (
  sources: MetricSources,
) => Promise<readonly (Value | Sample)[]> | readonly (Value | Sample)[];

/** How each metric is read; a metric without a line here does not compile. */
const READERS: Readonly<Record<MetricName, (name: string) => Read>> = {
  tasks_created_total: byTask((counts) => counts.created),
  tasks_completed_total: byTask((counts) => counts.ended.complete),
  tasks_failed_total: byTask((counts) => counts.ended.error),
  tasks_cancelled_total: byTask((counts) => counts.ended.cancelled),
  tasks_resolved_total: byTask((counts) => counts.ended.resolved_manually),
  attempts_total: () => (sources) =>
    sources.measures.read().tasks.flatMap(({ labels, attempts }) =>
      Object.entries(attempts)
        .filter(([, value]) => value > 0)
        .map(([outcome, value]) => ({ labels: { ...labels, outcome }, value })),
    ),
  attempt_duration_seconds: (name) => (sources) =>
    samplesOf(name, sources.measures.read().durations),
  queue_wait_seconds: (name) => (sources) => samplesOf(name, sources.measures.read().waits),
  late_results_total: () => (sources) => plain(sources.measures.read().lateResults),
  lease_losses_total: () => (sources) => plain(sources.measures.read().leaseLosses),
  worker_slots: () => (sources) => plain(sources.slots()?.total),
  worker_slots_busy: () => (sources) => plain(sources.slots()?.busy),
  database_up: () => async (sources) => plain((await sources.database()) === null ? 0 : 1),
  database_connections: () => (sources) => {
    const pool = sources.connections();
    if (pool === null) return [];
    return [
      { labels: { state: 'busy' }, value: pool.total - pool.idle },
      { labels: { state: 'idle' }, value: pool.idle },
    ];
  },
  database_connection_waiters: () => (sources) => plain(sources.connections()?.waiting),
  ready_steps: byQueue(({ ready }) => ready),
  oldest_ready_age_seconds: byQueue(({ oldestSeconds }) => oldestSeconds),
  waiting_steps: ofDatabase(({ waitingSteps }) => waitingSteps),
  open_tasks: ofDatabase(({ openTasks }) => openTasks),
  failed_tasks: ofDatabase(({ failedTasks }) => failedTasks),
  workers_alive: ofDatabase(({ workersAlive }) => workersAlive),
};

/**
 * Puts every metric into a registry; they are read when the registry is scraped.
 * @throws INVALID_OPTION when the registry has a metric of that name; then nothing was put into it
 */
export function registerMetrics(
  registry: MetricsRegistry,
  prefix: string,
  sources: MetricSources,
): void {
  const names = Object.keys(METRICS) as MetricName[]; // sound: the keys of the table
  const taken = names.find((name) => registry.getSingleMetric(prefix + name) !== undefined);
  if (taken !== undefined) {
    throw new TaskerError('INVALID_OPTION', {
      option: 'metrics.registry',
      problem: `it has a metric ${prefix}${taken} already; give each Tasker of this registry a prefix of its own`,
    });
  }
  for (const name of names) {
    const { type, help } = METRICS[name];
    const fullName = prefix + name;
    const read = READERS[name](fullName);
    const metric = {
      name: fullName,
      type,
      help,
      get: async () => ({
        name: metric.name, // a registry of OpenMetrics changes it
        help,
        type,
        values: await read(sources),
        aggregator: 'sum',
      }),
      reset: () => undefined, // the numbers belong to the engine
    };
    registry.registerMetric(metric as unknown as Metric); // sound: a registry asks a metric for its name and for get()
  }
}

function plain(value: number | undefined): readonly Value[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function byTask(count: (counts: TaskCounts) => number): () => Read {
  return () => (sources) =>
    sources.measures
      .read()
      .tasks.map((counts) => ({ labels: counts.labels, value: count(counts) }));
}

function ofDatabase(value: (gauges: DatabaseGauges) => number): () => Read {
  return () => async (sources) => {
    const gauges = await sources.database();
    return gauges === null ? [] : plain(value(gauges));
  };
}

function byQueue(value: (queue: DatabaseGauges['queues'][number]) => number): () => Read {
  return () => async (sources) =>
    ((await sources.database())?.queues ?? []).map((queue) => ({
      labels: { queue: queue.queue },
      value: value(queue),
    }));
}
