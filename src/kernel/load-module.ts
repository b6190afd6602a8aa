import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti, type Jiti } from 'jiti';

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Loads a user's module by absolute path: `.js` and `.mjs` by Node itself, `.ts` and `.mts` compiled in memory.
 *
 * A file that imports `tasker-engine` receives this very copy of the engine, also when the package is not installed beside it (a
 * definition in a folder of its own, a test). Loading the same path twice gives the same module.
 *
 * @throws whatever the module throws while it loads, or Node's error when the file does not exist
 */
export async function loadModule(absolutePath: string): Promise<ModuleExports> {
  const exports: unknown = TYPESCRIPT.has(extname(absolutePath))
    ? await loadCompiled(absolutePath)
    : await loadNative(absolutePath);
  return typeof exports === 'object' && exports !== null ? { ...exports } : {};
}

async function loadNative(absolutePath: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(absolutePath).href);
  } catch (error) {
    if (lacksEngine(error)) return loadCompiled(absolutePath);
    throw error;
  }
}

/** True for Node's error about a file that imports the engine where the package is not installed. */
function lacksEngine(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes("package 'tasker-engine'");
}

const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts']);

async function loadCompiled(absolutePath: string): Promise<unknown> {
  return (await compilerOf({ moduleCache: true })).import(absolutePath);
}

/** What compiles users' modules in memory. @param options `moduleCache` false: it remembers nothing of what it loaded */
export async function compilerOf(options: { readonly moduleCache: boolean }): Promise<Jiti> {
  const engine = await ownEngine();
  return createJiti(import.meta.url, {
    ...options,
    fsCache: false, // nothing is written beside the user's files
    interopDefault: false,
    ...(engine === null ? {} : { virtualModules: { 'tasker-engine': engine } }),
  });
}

/** The public door of this copy of the engine. Found by address, since the kernel is below every other room. */
async function ownEngine(): Promise<Record<string, unknown> | null> {
  const door = new URL(`../index${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  if (!existsSync(door)) return null;
  const engine: unknown = await import(door.href);
  return typeof engine === 'object' && engine !== null ? { ...engine } : null;
}
