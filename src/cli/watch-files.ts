import { extname, relative } from 'node:path';
import { watch } from 'chokidar';
import type { Milliseconds } from '../kernel/duration.ts';

/** What is watched. */
export interface Watch {
  /** Files and folders, absolute. A folder is watched with everything below it. */
  readonly paths: readonly string[];
  /** Files that were saved, made or removed, absolute, after a moment without further ones. */
  readonly onChange: (files: readonly string[]) => void;
  /** The watching itself failed: too many files for the system, a folder that may not be read. */
  readonly onError: (error: unknown) => void;
}

export interface Watcher {
  /** Watches these too; twice is fine. */
  add(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** An editor that saves several files, or one in several steps, is done by then. */
const QUIET: Milliseconds = 60;

const EXTENSIONS: ReadonlySet<string> = new Set([
  '.yaml',
  '.yml',
  '.ts',
  '.mts',
  '.cts',
  '.js',
  '.mjs',
  '.cjs',
  '.json',
]);

/** Watches definitions, code and JSON; hidden files and folders and installed packages are passed over. Resolves once it watches. */
export async function watchFiles({ paths, onChange, onError }: Watch): Promise<Watcher> {
  const roots = new Set(paths);
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watcher = watch([...roots], {
    ignoreInitial: true,
    ignored: (path, stats) =>
      isPassedOver(path, roots) || (stats?.isFile() === true && !EXTENSIONS.has(extname(path))),
  });
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const files = [...changed];
      changed.clear();
      onChange(files);
    }, QUIET);
  });
  watcher.on('error', onError);
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return {
    add(further) {
      for (const path of further) roots.add(path);
      watcher.add([...further]);
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** Only what lies below a watched folder is judged: the project itself may lie in a hidden one. */
function isPassedOver(path: string, roots: ReadonlySet<string>): boolean {
  for (const root of roots) {
    const inside = relative(root, path);
    if (inside.startsWith('..')) continue;
    if (inside === '' || !/(?:^|[\\/])(?:\.|node_modules(?:[\\/]|$))/.test(inside)) return false;
  }
  return true;
}
