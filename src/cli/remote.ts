import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TaskerError } from '../kernel/errors.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { Invocation } from './command.ts';
import { announcedServer } from './server-file.ts';
import { databaseOf } from './database.ts';

/** A service that a command speaks to in place of a database. */
export interface Remote {
  readonly tasker: Tasker;
  readonly url: string;
}

/**
 * The service that this command shall speak to, or null for the database itself: the one that `--url` names, otherwise (unless a flag
 * names a database) TASKER_URL, otherwise the server of this folder that has the embedded database, which is then remarked.
 *
 * @throws INVALID_REQUEST when a flag names a database as well; INVALID_OPTION for an address or key that cannot be used
 */
export async function remoteOf(invocation: Invocation<object>): Promise<Remote | null> {
  const { io, options, screen } = invocation;
  const named = namedService(invocation);
  if (named !== null) return connect(named, invocation);
  const server = await announcedServer(databaseOf(options, io), invocation);
  if (server === null) return null;
  screen.remark(`  through ${server.url} (pid ${server.pid}), which has the database`);
  return connect(server.url, invocation);
}

/** For a command that needs the database itself. @throws INVALID_REQUEST when a service is named */
export function refuseRemote(invocation: Invocation<object>): void {
  const url = namedService(invocation);
  if (url === null) return;
  const problem = `this cannot be done over a service (${url}): leave out --url and TASKER_URL, and name the database`;
  throw new TaskerError('INVALID_REQUEST', { problem });
}

function namedService({ io, options }: Invocation<object>): string | null {
  const namesDatabase = options.database !== undefined || options.dataDir !== undefined;
  if (options.url !== undefined && namesDatabase) {
    const problem = '--url names a service; leave out --database and --data-dir';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  return options.url ?? (namesDatabase ? null : (io.environment.url ?? null));
}

async function connect(url: string, invocation: Invocation<object>): Promise<Remote> {
  const { toolbox } = invocation;
  const apiKey = await apiKeyOf(invocation);
  const client = await toolbox.createClient({
    url,
    retries: 2,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return { url, tasker: await toolbox.remoteTasker(client) };
}

/** From a file or the environment; a flag's value would be seen by everybody on this machine. */
async function apiKeyOf({ io, options }: Invocation<object>): Promise<string | undefined> {
  if (options.keyFile === undefined) return io.environment.apiKey;
  try {
    return (await readFile(resolve(io.directory, options.keyFile), 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `--key-file names a file that cannot be read: ${reason}`;
    throw new TaskerError('INVALID_REQUEST', { problem }, { cause: error });
  }
}
