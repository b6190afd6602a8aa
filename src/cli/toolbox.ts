import type { TaskerOptions } from '../config/options.ts';
import type { ClientOptions } from '../client/options.ts';
import type { TaskerClient } from '../client/types.ts';
import type { TaskFilter } from '../engine/list-types.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { Service, ServiceOptions } from './service.ts';
import type { Watch, Watcher } from './watch-files.ts';

/**
 * The heavy parts that commands use. Each is loaded only when a command needs it, so that `tasker --help` costs nothing; tests hand
 * in their own.
 */
export interface Toolbox {
  createTasker(options: TaskerOptions): Promise<Tasker>;
  /** Serves the interface of a Tasker. @throws PUBLIC_WITHOUT_AUTHENTICATION, ADDRESS_UNAVAILABLE, INVALID_OPTION */
  startService(tasker: Tasker, options: ServiceOptions): Promise<Service>;
  /** A client of a service. @throws INVALID_OPTION */
  createClient(options: ClientOptions): Promise<TaskerClient>;
  /** A service as the commands see a Tasker. */
  remoteTasker(client: TaskerClient): Promise<Tasker>;
  /** A filter from the words of the interface: `status`, `source_system`, `context.cart.id`. @throws INVALID_REQUEST */
  taskFilter(words: Readonly<Record<string, string>>): Promise<TaskFilter>;
  /** Tells which files changed, until it is closed. */
  watchFiles(watch: Watch): Promise<Watcher>;
  /** The exports of a module: `.ts`, `.js` or `.mjs`, by absolute path; `fresh` reads it anew from the disk. */
  loadModule(
    path: string,
    options?: { readonly fresh?: boolean },
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Every statement that makes an empty database ready, as one script. */
  migrationScript(schema: string): Promise<string>;
  /** The version of the package. */
  version(): string;
}
