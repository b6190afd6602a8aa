import { expect, test } from 'vitest';
import { packageProblems } from '../../scripts/package-check.mjs';

const SOUND = {
  packed: [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/main.js',
  ],
  manifest: {
    bin: { tasker: './dist/cli/main.js' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    dependencies: { pg: '8.23.1' },
  },
  lock: {
    packages: {
      '': {},
      'node_modules/pg': { version: '8.23.1' },
      'node_modules/vitest': { version: '4.1.11', dev: true },
    },
  },
};

test('a sound package has no problem', () => {
  expect(packageProblems(SOUND)).toEqual([]);
});

test.each([
  ['a test', 'dist/kernel/json.test.js'],
  ['a source file', 'src/index.ts'],
  ['a benchmark', 'bench/run.mjs'],
  ['a file with secrets', '.env'],
])('%s in the package is a problem', (_, file) => {
  expect(packageProblems({ ...SOUND, packed: [...SOUND.packed, file] })).toEqual([
    `${file} does not belong in the package`,
  ]);
});

test('a door of the package without its file is a problem', () => {
  const packed = SOUND.packed.filter((file) => file !== 'dist/index.d.ts');

  expect(packageProblems({ ...SOUND, packed })).toEqual([
    'dist/index.d.ts is missing from the package',
  ]);
});

test('a dependency that runs a script when it is installed is a problem', () => {
  const lock = {
    packages: {
      ...SOUND.lock.packages,
      'node_modules/bad': { version: '1.0.0', hasInstallScript: true },
    },
  };

  expect(packageProblems({ ...SOUND, lock })).toEqual([
    'node_modules/bad runs a script when it is installed',
  ]);
});

test('more than 40 packages at run time are a problem, however many there are for development', () => {
  const many = (count: number, dev: boolean) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `node_modules/${dev ? 'd' : 'r'}${index}`,
        { dev },
      ]),
    );

  expect(
    packageProblems({ ...SOUND, lock: { packages: { ...many(40, false), ...many(300, true) } } }),
  ).toEqual([]);
  expect(packageProblems({ ...SOUND, lock: { packages: many(41, false) } })).toEqual([
    '41 packages are installed at run time, more than 40',
  ]);
});

test('a range of versions is a problem', () => {
  const manifest = { ...SOUND.manifest, devDependencies: { vitest: '^4.1.11' } };

  expect(packageProblems({ ...SOUND, manifest })).toEqual([
    'vitest ^4.1.11 is not an exact version',
  ]);
});

test('a lockfile without the package of another platform is a problem', () => {
  const oxlint = { dev: true, optionalDependencies: { '@oxlint/darwin': '1.0.0' } };
  const lock = { packages: { ...SOUND.lock.packages, 'node_modules/oxlint': oxlint } };
  const complete = { packages: { ...lock.packages, 'node_modules/@oxlint/darwin': { dev: true } } };

  expect(packageProblems({ ...SOUND, lock: complete })).toEqual([]);
  expect(packageProblems({ ...SOUND, lock })).toEqual([
    'package-lock.json lacks @oxlint/darwin, so npm ci fails',
  ]);
});
