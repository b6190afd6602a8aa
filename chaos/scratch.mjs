/**
 * The folder that a run works in: the compiled package as it is now (a run tests one build, whatever is compiled meanwhile), the
 * definitions, the witness and the folders of the processes.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { WORK_FILES, randomFiles } from './tasks.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');

/** How many random definitions there are: `random0` … */
export const RANDOM_COUNT = 8;

/** What a server knows of the handler that it never runs. */
const HANDLERS = "export const work = () => Promise.reject(new Error('servers run nothing'));\n";

/** @param {string} seed for the random definitions */
export function openScratch(seed) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tasker-chaos-'));
  const tasks = path.join(directory, 'tasks');
  mkdirSync(tasks);
  for (const [name, definition] of Object.entries({
    ...WORK_FILES,
    ...randomFiles(seed, RANDOM_COUNT),
  }))
    writeFileSync(path.join(tasks, `${name}.yaml`), JSON.stringify(definition)); // JSON is YAML
  const handlers = path.join(directory, 'handlers.mjs');
  writeFileSync(handlers, HANDLERS);
  for (const name of ['dist', 'package.json'])
    cpSync(path.join(ROOT, name), path.join(directory, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  const moduleOf = (file) => pathToFileURL(path.join(directory, 'dist', file)).href;
  return {
    directory,
    tasks,
    handlers,
    package: moduleOf('index.js'),
    client: moduleOf('client/index.js'),
    cli: path.join(directory, 'dist', 'cli', 'main.js'),
    /** A folder of its own for a process, made if need be. */
    folder(name) {
      const folder = path.join(directory, name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    file: (name) => path.join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
