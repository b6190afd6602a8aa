import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isTaskerError } from '../kernel/errors.ts';
import type { TaskerError } from '../kernel/errors.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import type { Tasker } from '../tasker-interface.ts';
import { EXIT_BAD_INPUT } from './failure.ts';

/** What is known about one definition file after it was registered. */
export interface Checked {
  readonly file: string;
  readonly definitions: readonly TaskDefinition[];
  readonly problems: readonly Problem[];
}

/** One thing that is wrong: ready to print, and in parts. */
export interface Problem {
  readonly code: string;
  readonly text: string;
  readonly document: object;
}

/** Registers one file; what is wrong with it is an answer. One file at a time, so that a fault in one hides none in another. */
export async function checkFile(
  tasker: Tasker,
  file: string,
  options?: { readonly fresh: boolean },
): Promise<Checked> {
  try {
    return { file, definitions: await tasker.register(file, options), problems: [] };
  } catch (error) {
    if (!isTaskerError(error) || error.exitCode !== EXIT_BAD_INPUT) throw error;
    return { file, definitions: [], problems: problemsOf(error, file) };
  }
}

/** What the compiler of modules says: what could not be loaded, the fault, and on a line of its own the place. */
const SYNTAX_FAULT = /^(.+): (?:ParseError|SyntaxError): (.+?)\s*\n\s*(\S.*):(\d+):(\d+)\s*$/s;

/** The parts of an error about a file. */
export function problemsOf(error: TaskerError, file: string): readonly Problem[] {
  if (isTaskerError(error, 'INVALID_DEFINITION')) {
    return error.details.problems.map((problem) => ({
      code: 'code' in problem ? String(problem.code) : error.code,
      text: problem.text,
      document: problem,
    }));
  }
  const { code, message, hint } = error;
  const fault = SYNTAX_FAULT.exec(message);
  const text =
    fault === null
      ? `${file}  ${message}`
      : `${fault[3]}:${fault[4]}:${fault[5]}  ${fault[2]?.trim()}  (${fault[1]})`;
  return [{ code, text, document: { file, code, message, hint } }];
}

/** A file is itself; a folder is every definition file in it and below, in the order of their names. */
export async function definitionFiles(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && DEFINITION_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !PASSED_OVER.test(relative(path, file)))
    .toSorted();
}

/** The files of a folder that the engine takes for definitions: handler modules beside them are not. */
const DEFINITION_FILE = /\.ya?ml$|\.task\.(?:ts|mts|js|mjs)$/;
/** Hidden folders and files, and installed packages. */
const PASSED_OVER = /(?:^|[\\/])(?:\.|node_modules[\\/])/;
