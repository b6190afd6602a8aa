import type { TaskerOptions } from '../config/options.ts';
import type { Tasker } from '../tasker-interface.ts';

/**
 * The heavy parts that commands use. Each is loaded only when a command needs it, so that `tasker --help` costs nothing; tests hand
 * in their own.
 */
export interface Toolbox {
  createTasker(options: TaskerOptions): Promise<Tasker>;
  /** The exports of a module: `.ts`, `.js` or `.mjs`, by absolute path. */
  loadModule(path: string): Promise<Readonly<Record<string, unknown>>>;
  /** Every statement that makes an empty database ready, as one script. */
  migrationScript(schema: string): Promise<string>;
  /** The version of the package. */
  version(): string;
}
