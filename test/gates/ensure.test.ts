import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FIRST_TIME = 'installing dependencies (first time only)…\n';

/** A clone of a project with one dependency, in a folder beside it, so that npm needs no network. */
function freshClone(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-clone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'scripts'));
  copyFileSync(path.join(ROOT, 'scripts/ensure.mjs'), path.join(folder, 'scripts/ensure.mjs'));
  dependOn(folder, '1.0.0');
  return folder;
}

function dependOn(folder: string, version: string): void {
  const write = (file: string, content: object): void =>
    writeFileSync(path.join(folder, file), JSON.stringify(content));
  mkdirSync(path.join(folder, 'source'), { recursive: true });
  write('source/package.json', { name: 'dep', version });
  npm(folder, 'pack', './source');
  write('package.json', {
    name: 'clone',
    version: '1.0.0',
    devDependencies: { dep: `file:dep-${version}.tgz` },
  });
  npm(folder, 'install', '--package-lock-only', '--offline', '--no-audit');
}

function npm(folder: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

function ensure(folder: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/ensure.mjs', 'dependencies'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, npm_config_offline: 'true', ...env },
    },
  );
  return { status, said: stdout + stderr };
}

test('a fresh clone gets its dependencies once, and is left alone from then on', () => {
  const folder = freshClone();

  expect(ensure(folder)).toEqual({ status: 0, said: FIRST_TIME });
  expect(existsSync(path.join(folder, 'node_modules/dep/package.json'))).toBe(true);
  expect(ensure(folder)).toEqual({ status: 0, said: '' });
});

test('development dependencies are installed whatever NODE_ENV says', () => {
  const folder = freshClone();

  expect(ensure(folder, { NODE_ENV: 'production' })).toEqual({ status: 0, said: FIRST_TIME });
  expect(existsSync(path.join(folder, 'node_modules/dep/package.json'))).toBe(true);
});

test('an interrupted installation is repeated', () => {
  const folder = freshClone();
  mkdirSync(path.join(folder, 'node_modules/dep'), { recursive: true });

  const { status, said } = ensure(folder);

  expect({ status, said }).toEqual({
    status: 0,
    said: 'installing dependencies (they changed)…\n',
  });
  expect(existsSync(path.join(folder, 'node_modules/dep/package.json'))).toBe(true);
});

test('a changed package-lock.json installs again', () => {
  const folder = freshClone();
  ensure(folder);
  const before = readFileSync(path.join(folder, 'package-lock.json'), 'utf8');
  dependOn(folder, '2.0.0');
  expect(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')).not.toBe(before);

  expect(ensure(folder)).toEqual({ status: 0, said: 'installing dependencies (they changed)…\n' });
  expect(ensure(folder)).toEqual({ status: 0, said: '' });
});

test('what somebody installed with npm itself is not installed again', () => {
  const folder = freshClone();
  const npm = spawnSync('npm', ['ci', '--offline', '--no-audit'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(npm.status).toBe(0);

  expect(ensure(folder)).toEqual({ status: 0, said: '' });
});

test('a failed installation says why, fails, and is tried again', () => {
  const folder = freshClone();
  writeFileSync(
    path.join(folder, 'package-lock.json'),
    JSON.stringify({ name: 'clone', lockfileVersion: 3, packages: {} }),
  );

  const first = ensure(folder);

  expect(first.status).not.toBe(0);
  expect(first.said).toContain('npm ci');
  expect(ensure(folder).said).toContain('installing dependencies');
});
