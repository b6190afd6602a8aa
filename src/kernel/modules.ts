import { readFile } from 'node:fs/promises';
import { compilerOf, loadModule, type ModuleExports } from './load-module.ts';

/** Gives the exports of a module by its absolute path. */
export interface ModuleSource {
  load(absolutePath: string): Promise<ModuleExports>;
}

/** What the disk holds now, beside what an engine works with. */
export interface FreshModules extends ModuleSource {
  /** From now on the engine works with every module that was loaded here. */
  adopt(): void;
}

/** The modules of users, as one engine sees them. */
export interface Modules extends ModuleSource {
  /** Reads anew from the disk; nothing of it counts before it is adopted, so that a file with a fault disturbs nothing. */
  fresh(): FreshModules;
}

/**
 * Makes the modules of one engine. Without `fresh`, a module is loaded once for the whole process, as Node does it.
 *
 * I1: what was adopted stays until another version of the same file is adopted: the last good one.
 * I2: one reading evaluates a file once, however many files import it. Another reading evaluates it, and everything that it imports
 *     except packages, again; a value that a module keeps starts afresh then.
 */
export function createModules(): Modules {
  const good = new Map<string, ModuleExports>();
  let latest: ModuleSource = { load: loadModule };
  return {
    load: async (path) => good.get(path) ?? latest.load(path),
    fresh() {
      const reading = readAnew();
      return {
        load: (path) => reading.load(path),
        adopt() {
          for (const [path, exports] of reading.loaded) good.set(path, exports);
          latest = reading;
        },
      };
    },
  };
}

function readAnew(): ModuleSource & { readonly loaded: ReadonlyMap<string, ModuleExports> } {
  const loaded = new Map<string, ModuleExports>();
  const cache: Cache = {};
  return {
    loaded,
    async load(path) {
      const exports = loaded.get(path) ?? (await evaluate(path, cache));
      loaded.set(path, exports);
      return exports;
    },
  };
}

type Compiler = Awaited<ReturnType<typeof compilerOf>>;
type Cache = NonNullable<NonNullable<Parameters<Compiler['evalModule']>[1]>['cache']>;

async function evaluate(path: string, cache: Cache): Promise<ModuleExports> {
  const known = cache[path];
  if (known?.loaded === true) return exportsOf(known.exports);
  const compiler = await compilerOf({ moduleCache: false });
  const source = await readFile(path, 'utf8');
  const options = { filename: path, cache, forceTranspile: true };
  try {
    // Not asynchronous, because then what it imports would come from Node's own cache, which nothing empties.
    return exportsOf(compiler.evalModule(source, options));
  } catch (error) {
    if (!(error instanceof SyntaxError && error.message.startsWith('await is only valid')))
      throw error;
    // It waits at its top level: itself is read anew, and ES modules in .mjs files that it imports are not.
    return exportsOf(await compiler.evalModule(source, { ...options, async: true }));
  }
}

function exportsOf(value: unknown): ModuleExports {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
