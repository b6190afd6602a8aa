/**
 * Makes a fresh clone ready: installs the dependencies when they are missing or not those of package-lock.json, and compiles
 * src when it is newer than dist. Does nothing, quickly and without the network, when both are up to date.
 *
 * Runs before everything (`prestart`, `pretest`, …), so it may use nothing that has to be installed.
 *
 *   node scripts/ensure.mjs               dependencies and dist
 *   node scripts/ensure.mjs dependencies  dependencies only
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = path.join(ROOT, 'node_modules');
const DIST = path.join(ROOT, 'dist');
const OLDEST_NODE = [20, 19];

checkNode();
ensureDependencies();
if (process.argv[2] !== 'dependencies') ensureBuild();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`Node.js ${process.versions.node} is too old: install ${OLDEST_NODE.join('.')} or later`);
}

function ensureDependencies() {
  const stamp = path.join(MODULES, '.installed');
  const wanted = digest([path.join(ROOT, 'package-lock.json')]);
  if (read(stamp) === wanted) return;
  if (!isInstalled()) {
    const why = existsSync(MODULES) ? 'they changed' : 'first time only';
    console.log(`installing dependencies (${why})…`);
    // No dependency needs its install script; NODE_ENV=production must not leave out the compiler.
    npm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  writeFileSync(stamp, wanted);
}

/**
 * True when node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json when it is done, so
 * without it an installation was interrupted; its content proves nothing, for `npm install --package-lock-only` rewrites it too.
 */
function isInstalled() {
  if (!existsSync(path.join(MODULES, '.package-lock.json'))) return false;
  const wanted = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '') return true;
    const found = read(path.join(ROOT, name, 'package.json'));
    if (found === null) return Boolean(entry.optional || entry.devOptional); // meant for another platform
    return entry.link || JSON.parse(found).version === entry.version;
  });
}

function ensureBuild() {
  const stamp = path.join(DIST, '.built');
  const config = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
    path.join(ROOT, name),
  );
  const wanted = digest([...config, ...filesUnder(path.join(ROOT, 'src'))]);
  if (read(stamp) === wanted) return;
  console.log('compiling…');
  // Beside dist and moved into place: a process that runs from dist never sees half of it, and no file of a removed source lingers.
  const fresh = path.join(ROOT, `dist-${process.pid}`);
  const tsc = path.join(MODULES, 'typescript', 'bin', 'tsc');
  process.once('exit', () => rmSync(fresh, { recursive: true, force: true })); // what a failed compilation leaves
  run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh, '--noEmitOnError']);
  const command = path.join(fresh, 'cli', 'main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
  writeFileSync(path.join(fresh, '.built'), wanted);
  moveIntoPlace(fresh);
}

/** Several processes may compile at once; whoever comes last wins, with the same content. */
function moveIntoPlace(fresh) {
  const old = `${fresh}-old`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (existsSync(DIST)) renameSync(DIST, old);
      renameSync(fresh, DIST);
      break;
    } catch (error) {
      const isRace = ['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code);
      if (!isRace || attempt === 10) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** One digest over the paths and contents of files: unlike times of change, it survives clones, copies and checkouts. */
function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(path.relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The npm that runs this script, otherwise the one on PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

/** Runs to the end; prints what the program said only when it failed. */
function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (result.status === 0) return;
  fail(
    `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim(),
    result.status ?? 1,
  );
}

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
