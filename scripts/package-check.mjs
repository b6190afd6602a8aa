/**
 * Checks what a user would install: the files of the package and its runtime dependencies.
 *
 *   - only files of the allow-list below are packed, and everything that package.json points to is among them,
 *   - at most 40 packages at run time, none of them with an install script,
 *   - every direct dependency has an exact version,
 *   - package-lock.json is complete for every platform.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MOST_RUNTIME_PACKAGES = 40;

const ALLOWED = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|SECURITY\.md)$/,
  /^dist\/[a-z0-9/.-]+\.(js|d\.ts|js\.map|sql|json)$/,
];
const FORBIDDEN = /\.(test|test-d)\.|(^|\/)(\.env|\.npmrc)/;

/**
 * @param {{ packed: readonly string[], manifest: object, lock: object }} input file names in the tarball, package.json,
 *   package-lock.json
 * @returns {string[]} one line per problem
 */
export function packageProblems({ packed, manifest, lock }) {
  return [...fileProblems(packed, manifest), ...treeProblems(lock), ...pinProblems(manifest)];
}

function fileProblems(packed, manifest) {
  const strange = packed.filter(
    (file) => FORBIDDEN.test(file) || !ALLOWED.some((pattern) => pattern.test(file)),
  );
  const doors = [...Object.values(manifest.bin ?? {}), ...exportTargets(manifest.exports)];
  const wanted = ['LICENSE', 'README.md', ...doors.map((file) => path.posix.normalize(file))];
  const missing = wanted.filter((file) => !packed.includes(file));
  return [
    ...strange.map((file) => `${file} does not belong in the package`),
    ...missing.map((file) => `${file} is missing from the package`),
  ];
}

function exportTargets(target) {
  if (typeof target === 'string') return [target];
  return Object.values(target ?? {}).flatMap(exportTargets);
}

function treeProblems(lock) {
  const runtime = Object.entries(lock.packages).filter(
    ([name, entry]) => name !== '' && !entry.dev && !entry.devOptional && !entry.link,
  );
  const problems = runtime
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([name]) => `${name} runs a script when it is installed`);
  problems.push(...incompleteLock(lock));
  if (runtime.length > MOST_RUNTIME_PACKAGES) {
    problems.push(
      `${runtime.length} packages are installed at run time, more than ${MOST_RUNTIME_PACKAGES}`,
    );
  }
  return problems;
}

/**
 * `npm ci` refuses a lockfile that lacks an optional dependency for another platform, and `npm install` leaves it out where the
 * registry does not have it.
 */
function incompleteLock({ packages }) {
  return Object.entries(packages).flatMap(([name, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter(
        (wanted) =>
          !(`node_modules/${wanted}` in packages) &&
          !(`${name}/node_modules/${wanted}` in packages),
      )
      .map((wanted) => `package-lock.json lacks ${wanted}, so npm ci fails`),
  );
}

function pinProblems({ dependencies = {}, devDependencies = {} }) {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version} is not an exact version`);
}

function main() {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  const read = (name) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));
  const packing = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (packing.status !== 0) throw new Error(`npm pack failed:\n${packing.stderr}`);
  const answer = JSON.parse(packing.stdout);
  const [tarball] = Array.isArray(answer) ? answer : Object.values(answer); // npm 10 and 11 answer a list, later ones a map
  const problems = packageProblems({
    packed: tarball.files.map((file) => file.path),
    manifest: read('package.json'),
    lock: read('package-lock.json'),
  });
  for (const problem of problems) console.error(`package: ${problem}`);
  if (problems.length > 0) process.exit(1);
  console.log(
    `package: ${tarball.files.length} files, ${Math.round(tarball.unpackedSize / 1024)} kB unpacked`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
