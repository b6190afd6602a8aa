import type { OpenMetricsContentType, Registry } from 'prom-client';
import type { Duration } from '../kernel/duration.ts';
import type { Logger } from '../kernel/logger.ts';
import type { PoolLike } from '../kernel/pool-like.ts';

/** Where the data lives. */
export type DatabaseOptions =
  /** `postgres://…` */
  | string
  /** The host's own pool; it stays open when Tasker stops. */
  | { readonly pool: PoolLike }
  /** The embedded database. `directory: null` keeps it in memory. @default directory ".tasker/data" */
  | { readonly embedded: { readonly directory: string | null } };

/** How one worker works. */
export interface WorkerOptions {
  /** Steps that run at once in this process. @default 20 */
  readonly concurrency?: number;
  /** Queues to serve, in order of preference. @default ["default"] */
  readonly queues?: readonly string[];
  /** How long a worker may be silent before others take its steps. @default "15s" */
  readonly lease?: Duration;
  /** How often the lease is renewed. @default a third of the lease */
  readonly heartbeat?: Duration;
  /** Longest rest between looks at the queue when hints fail. @default "2s" */
  readonly pollInterval?: Duration;
  /** How long running steps may go on after stop() before they are aborted and given back. @default "30s" */
  readonly shutdownGrace?: Duration;
  /** Connections used at once to report results. @default 2 */
  readonly flushConnections?: number;
  /** Shown in the workers list. @default "<hostname>:<pid>" */
  readonly name?: string;
}

/** Where metrics go. */
export interface MetricsOptions {
  /** The host's own registry (of prom-client), so that one scrape shows the host's metrics and these. */
  readonly registry?: Registry | Registry<OpenMetricsContentType>;
  /** Stands before every name: letters, digits and `_`. @default "tasker_" */
  readonly prefix?: string;
}

/** Options of `createTasker`. */
export interface TaskerOptions {
  /** @default the environment's DATABASE_URL, otherwise the embedded database in ".tasker/data" */
  readonly database?: DatabaseOptions;
  /** The PostgreSQL schema that holds everything. @default the environment's TASKER_SCHEMA, otherwise "tasker" */
  readonly schema?: string;
  /** Apply missing migrations at start. @default true for the embedded database, false for PostgreSQL */
  readonly migrate?: boolean;
  /** Which `environments:` block of a definition applies. @default TASKER_ENV, otherwise NODE_ENV, otherwise "development" */
  readonly environment?: string;
  /** Named handlers, by any name that a definition uses. */
  readonly handlers?: Readonly<Record<string, unknown>>;
  /** Settings of the worker, or false for a process that only creates and watches tasks. @default {} */
  readonly worker?: WorkerOptions | false;
  /** Use NOTIFY as a hint between processes; without it everything works at the pace of the poll interval. @default true */
  readonly notify?: boolean;
  /** Values of `{{ secrets.NAME }}` in handler_config. @default environment variables TASKER_SECRET_<NAME> */
  readonly secret?: (name: string) => string | undefined;
  /**
   * Which addresses `api` steps may call besides public ones. A host is named as it stands in the URL.
   * @default public addresses only
   */
  readonly outbound?: { readonly allowHosts?: readonly string[]; readonly allowPrivate?: boolean };
  /** Largest stored value (context, inputs, result), in bytes. @default 1048576 */
  readonly maxValueBytes?: number;
  /** @default says nothing */
  readonly logger?: Logger;
  /** Metrics for Prometheus, or false for none. @default { prefix: "tasker_" } in a registry of this Tasker's own */
  readonly metrics?: MetricsOptions | false;
}
