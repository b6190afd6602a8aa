import { resolve } from 'node:path';
import type { DatabaseOptions } from '../config/options.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { GlobalOptions } from './command.ts';
import type { CliIo } from './io.ts';

/** The folder of the embedded database, under the working directory. */
export const DEFAULT_DATA_DIRECTORY = '.tasker/data';

/** The database that the command line works on: flags first, then the environment, then the embedded one. */
export function databaseOf(options: GlobalOptions, io: CliIo): DatabaseOptions {
  if (options.database !== undefined && options.dataDir !== undefined) {
    const problem = '--database and --data-dir name two databases; give one of them';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  if (options.database !== undefined) return options.database;
  const url = options.dataDir === undefined ? io.environment.databaseUrl : undefined;
  if (url !== undefined) return url;
  const directory = options.dataDir ?? io.environment.dataDirectory ?? DEFAULT_DATA_DIRECTORY;
  return { embedded: { directory: resolve(io.directory, directory) } };
}
