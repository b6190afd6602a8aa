import type { SecurityEnvironment } from '../config/security-environment.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { Invocation } from './command.ts';
import { runningHandlers } from './session.ts';

/** Where and for whom the command line serves. */
export interface ServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly basePath: string;
  readonly security: SecurityEnvironment;
  /** Ask callers who they are, whatever the environment says. */
  readonly auth: boolean;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  /** How long requests under way may take once it stops, in milliseconds. */
  readonly grace: Milliseconds;
  readonly logger: Logger;
}

/** A service that listens. */
export interface Service {
  /** Such as `http://127.0.0.1:4747/tasker`. */
  readonly url: string;
  /** Callers must show a key or a token; otherwise those on this machine may do everything. */
  readonly asksWho: boolean;
  /** Drains. Twice is fine. */
  close(): Promise<void>;
}

/** Where the service is found unless told otherwise. */
export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 4747;
export const DEFAULT_BASE_PATH = '/tasker';

export interface Serving {
  readonly invocation: Invocation<object>;
  readonly options: ServiceOptions;
  /** Aborted when it shall stop; the work ends soon after. */
  readonly signal: AbortSignal;
}

/**
 * Serves a Tasker while the work goes on, in this order: listen (so a port in use is told before a database is touched, and
 * `health/live` answers from the first moment), start, work; then the server drains, and the worker after it, because answers under
 * way need the database. `health/ready` says no before the start is complete and from the moment that the signal asks to stop.
 */
export async function serving(
  tasker: Tasker,
  { invocation, options, signal }: Serving,
  work: (service: Service) => Promise<void>,
): Promise<void> {
  const { toolbox } = invocation;
  const seen: Tasker = {
    ...tasker,
    async health() {
      const health = await tasker.health();
      return signal.aborted ? { ...health, ready: false } : health;
    },
  };
  const service = await toolbox.startService(seen, options);
  try {
    await runningHandlers(tasker, invocation, async () => {
      await work(service);
      await service.close();
    });
  } finally {
    await service.close();
  }
}
