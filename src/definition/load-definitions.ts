import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { TaskerError, isTaskerError } from '../kernel/errors.ts';
import { loadModule } from '../kernel/load-module.ts';
import type { ModuleSource } from '../kernel/modules.ts';
import { checkDefinition } from './check-definition.ts';
import { isDefinedTask } from './define-task.ts';
import type { LoadedDefinition } from './task-definition.ts';
import type { YamlOptions } from './yaml/parse-definition.ts';
import { parseYamlDefinition } from './yaml/parse-definition.ts';

/** What loading needs to know: that of a YAML file, without the file, and for code files where modules come from. */
export interface LoadOptions extends Omit<YamlOptions, 'file'> {
  /** @default the modules of this process, each loaded once */
  readonly modules?: ModuleSource;
}

const YAML_FILE = /\.ya?ml$/;
const CODE_FILE = /\.(?:ts|mts|js|mjs)$/;
/** In a folder, only files that say so are definitions; handlers lie beside them. */
const TASK_CODE_FILE = /\.task\.(?:ts|mts|js|mjs)$/;

/**
 * Loads definitions: one YAML file, one code file (every task that it exports), or a folder with everything below it (`*.yaml`,
 * `*.yml`, `*.task.ts`, `*.task.mts`, `*.task.js`, `*.task.mjs`; hidden folders and `node_modules` are passed over).
 *
 * Files are read in order of their names, and the faults of all files are reported together.
 *
 * @param path absolute, or relative to the working directory; messages show it as it was given
 * @throws INVALID_DEFINITION with the problems of every file; DEFINITION_NOT_LOADED when there is nothing to load or a module throws
 */
export async function loadDefinitions(
  path: string,
  options: LoadOptions,
): Promise<readonly LoadedDefinition[]> {
  const isFolder = await isDirectory(path);
  const files = isFolder ? await filesOf(path) : [path];
  if (files.length === 0) {
    throw notLoaded(path, 'the folder holds no *.yaml, *.yml or *.task.{ts,js,mjs} file');
  }
  const loaded: LoadedDefinition[] = [];
  const invalid: TaskerError<'INVALID_DEFINITION'>[] = [];
  for (const file of files) {
    try {
      loaded.push(...(await loadFile(file, options)));
    } catch (error) {
      if (!isTaskerError(error, 'INVALID_DEFINITION')) throw error;
      invalid.push(error);
    }
  }
  const [first, ...others] = invalid;
  if (first === undefined) return loaded;
  if (others.length === 0) throw first;
  const problems = invalid.flatMap((error) => error.details.problems);
  throw new TaskerError('INVALID_DEFINITION', { source: path, problems });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw notLoaded(path, 'there is no such file or folder', error);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesOf(path)));
    else if (YAML_FILE.test(entry.name) || TASK_CODE_FILE.test(entry.name)) found.push(path);
  }
  return found;
}

async function loadFile(file: string, options: LoadOptions): Promise<readonly LoadedDefinition[]> {
  if (YAML_FILE.test(file))
    return [parseYamlDefinition(await readBytes(file), { ...options, file })];
  if (CODE_FILE.test(file)) return loadCode(file, options);
  throw notLoaded(
    file,
    `a definition is a .yaml, .yml, .ts, .js or .mjs file, not ${extname(file) || basename(file)}`,
  );
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw notLoaded(file, error instanceof Error ? error.message : String(error), error);
  }
}

async function loadCode(file: string, options: LoadOptions): Promise<readonly LoadedDefinition[]> {
  const exports = await importFile(file, options.modules ?? { load: loadModule });
  const tasks = [...new Set(Object.values(exports).filter(isDefinedTask))];
  if (tasks.length === 0) throw notLoaded(file, 'it exports nothing that defineTask made');
  for (const task of tasks) checkDefinition(task, options);
  return tasks.map((task) => ({ ...task, source: file }));
}

async function importFile(
  file: string,
  modules: ModuleSource,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await modules.load(resolve(file));
  } catch (error) {
    if (isTaskerError(error)) throw error; // a definition inside it is invalid, which says more
    throw notLoaded(file, error instanceof Error ? error.message : String(error), error);
  }
}

function notLoaded(
  file: string,
  problem: string,
  cause?: unknown,
): TaskerError<'DEFINITION_NOT_LOADED'> {
  return new TaskerError(
    'DEFINITION_NOT_LOADED',
    { file, problem },
    cause === undefined ? undefined : { cause },
  );
}
