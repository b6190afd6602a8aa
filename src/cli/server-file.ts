import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Milliseconds } from '../kernel/duration.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { DatabaseOptions } from '../config/options.ts';
import type { Invocation } from './command.ts';
import type { CliIo } from './io.ts';
import { DEFAULT_DATA_DIRECTORY } from './database.ts';
import type { Toolbox } from './toolbox.ts';

/** A server of this folder that runs. */
export interface AnnouncedServer {
  readonly url: string;
  readonly pid: number;
}

/**
 * Says beside the embedded database where its server listens, so that other commands speak to the server: the database belongs to one
 * process. A database server needs none of this. Where the file cannot be written, that is told and nothing else suffers. The answer
 * takes the file away again.
 */
export async function announceServer(
  database: DatabaseOptions,
  url: string,
  { io, screen }: Pick<Invocation<object>, 'io' | 'screen'>,
): Promise<() => Promise<void>> {
  const directory = embeddedDirectory(database);
  if (directory === null) return () => Promise.resolve();
  const file = fileOf(directory);
  const text = `${JSON.stringify({ url, pid: io.pid, data_directory: directory })}\n`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    screen.remark(`  other commands will not find this server by themselves: ${problem}`);
  }
  return async () => {
    // Another server may have written its own since.
    if ((await textOf(file)) === text) await rm(file, { force: true });
  };
}

/**
 * The server that has the embedded database, or null: also when the file is a leftover, because its process is gone or does not answer
 * there as a service.
 */
export async function announcedServer(
  database: DatabaseOptions,
  { io, toolbox }: Pick<Invocation<object>, 'io' | 'toolbox'>,
): Promise<AnnouncedServer | null> {
  const directory = embeddedDirectory(database);
  if (directory === null) return null;
  const said = parse(await textOf(fileOf(directory)));
  if (said === null || said.dataDirectory !== directory || !io.isRunning(said.pid)) return null;
  return (await isAlive(said.url, toolbox)) ? { url: said.url, pid: said.pid } : null;
}

/** Where `tasker dev` says that it runs, when it works on a database server: in the folder that it was started in. */
export function devDatabase(database: DatabaseOptions, io: CliIo): DatabaseOptions {
  const here = { embedded: { directory: resolve(io.directory, DEFAULT_DATA_DIRECTORY) } };
  return embeddedDirectory(database) === null ? here : database;
}

function embeddedDirectory(database: DatabaseOptions): string | null {
  return typeof database === 'object' && 'embedded' in database
    ? database.embedded.directory
    : null;
}

function fileOf(directory: string): string {
  return join(dirname(directory), 'server.json');
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null; // there is none, or it is not ours to read
  }
}

function parse(
  text: string | null,
): (AnnouncedServer & { readonly dataDirectory: unknown }) | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (!isJsonObject(value)) return null;
    const { url, pid, data_directory: dataDirectory } = value;
    const isSound = typeof url === 'string' && URL.canParse(url) && typeof pid === 'number';
    return isSound ? { url, pid, dataDirectory } : null;
  } catch {
    return null; // it was never finished
  }
}

/** How long a server on this machine may take to say that it lives. */
const PATIENCE: Milliseconds = 1_000;

async function isAlive(url: string, toolbox: Toolbox): Promise<boolean> {
  try {
    const client = await toolbox.createClient({ url, timeout: PATIENCE });
    return (await client.live()).status === 'ok';
  } catch {
    return false; // nothing answers there, or something else does
  }
}
