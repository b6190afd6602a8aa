import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { TaskerError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { CliIo } from './io.ts';
import type { Toolbox } from './toolbox.ts';

/** The folder whose definitions are known without being named. */
const DEFAULT_DEFINITIONS = 'tasks';

const DEFINITION_EXTENSIONS: ReadonlySet<string> = new Set([
  '.yaml',
  '.yml',
  '.ts',
  '.mts',
  '.js',
  '.mjs',
]);

/** True when the text names a file or folder rather than a task. */
export function looksLikePath(text: string): boolean {
  return (
    text.startsWith('.') ||
    text.startsWith('/') ||
    text.includes('\\') ||
    DEFINITION_EXTENSIONS.has(extname(text))
  );
}

/**
 * The path of a definition file or folder, as it was given: messages about it read as the user wrote it.
 *
 * @throws TaskerError `INVALID_REQUEST` when it does not exist or is neither (a device or pipe might never end)
 */
export async function definitionPath(text: string, io: CliIo): Promise<string> {
  const found = await stat(resolve(io.directory, text)).catch(() => null);
  if (found === null)
    throw new TaskerError('INVALID_REQUEST', { problem: `there is no file or folder ${text}` });
  if (!found.isFile() && !found.isDirectory()) {
    throw new TaskerError('INVALID_REQUEST', { problem: `${text} is neither a file nor a folder` });
  }
  return text;
}

/** The given paths; without any, the folder `tasks` when there is one. */
export async function definitionPaths(
  texts: readonly string[],
  io: CliIo,
): Promise<readonly string[]> {
  if (texts.length > 0) return Promise.all(texts.map((text) => definitionPath(text, io)));
  const found = await stat(resolve(io.directory, DEFAULT_DEFINITIONS)).catch(() => null);
  return found?.isDirectory() === true ? [DEFAULT_DEFINITIONS] : [];
}

/**
 * Registers the definitions that the arguments name, or those of the folder `tasks`.
 *
 * @throws TaskerError `INVALID_REQUEST` when there is none, unless there may be none
 */
export async function registerPaths(
  tasker: Tasker,
  { args, io }: { readonly args: readonly string[]; readonly io: CliIo },
  { mayBeNone }: { readonly mayBeNone: boolean },
): Promise<readonly TaskDefinition[]> {
  for (const path of await definitionPaths(args, io)) await tasker.register(path);
  const definitions = tasker.definitions();
  if (definitions.length > 0 || mayBeNone) return definitions;
  const problem =
    'no definition is given: name files or folders, or put them into the folder tasks';
  throw new TaskerError('INVALID_REQUEST', { problem });
}

/**
 * Registers the named handlers of a module: each exported function, class or object with `call` under the name of its export, and
 * each member of a default export (or of an export called `handlers`) that is a plain object, under its key. `fresh` reads the file
 * anew from the disk and replaces what it registered before.
 *
 * @throws TaskerError `HANDLER_NOT_LOADED` when the file cannot be loaded or offers no handler
 */
export async function registerHandlers(
  tasker: Tasker,
  files: readonly string[],
  { io, toolbox, fresh = false }: HandlerSource,
): Promise<void> {
  for (const file of files) {
    const path = resolve(io.directory, await definitionPath(file, io));
    const handlers = namedHandlers(await load(() => toolbox.loadModule(path, { fresh }), file));
    if (handlers.length === 0) {
      throw new TaskerError('HANDLER_NOT_LOADED', {
        handler: file,
        problem: 'it exports no handler',
      });
    }
    for (const [name, handler] of handlers) tasker.handler(name, handler, { replace: fresh });
  }
}

interface HandlerSource {
  readonly io: CliIo;
  readonly toolbox: Toolbox;
  readonly fresh?: boolean;
}

async function load(
  loadModule: () => Promise<Readonly<Record<string, unknown>>>,
  file: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await loadModule();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new TaskerError('HANDLER_NOT_LOADED', { handler: file, problem }, { cause: error });
  }
}

function namedHandlers(
  exports: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] {
  return Object.entries(exports).flatMap(
    ([name, value]): readonly (readonly [string, unknown])[] => {
      if (isHandler(value)) return [[name, value]];
      const isMap = (name === 'default' || name === 'handlers') && isJsonObject(value);
      return isMap ? Object.entries(value).filter(([, member]) => isHandler(member)) : [];
    },
  );
}

function isHandler(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'call') === 'function'
  );
}
