import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Makes a project that has installed the packed package with its runtime dependencies, and further packages by name. The caller removes
 * the folder that it answers.
 */
export function installPacked(further: readonly string[] = []): string {
  const host = mkdtempSync(path.join(tmpdir(), 'tasker-host-'));
  run(process.execPath, ['scripts/ensure.mjs'], ROOT);
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', host], ROOT);
  const [tarball = ''] = readdirSync(host).filter((name) => name.endsWith('.tgz'));
  run('tar', ['-xzf', tarball], host);
  const installed = path.join(host, 'node_modules/tasker-engine');
  cpSync(path.join(host, 'package'), installed, { recursive: true });
  for (const name of [...runtimePackages(), ...further]) {
    const link = path.join(host, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules', name), link);
  }
  return host;
}

/** What npm installs with the package: the entries of the lockfile that are not for development. */
function runtimePackages(): readonly string[] {
  const lock: unknown = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const { packages } = lock as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  }; // sound: npm's format
  return Object.entries(packages)
    .filter(([name, { dev, devOptional }]) => name !== '' && dev !== true && devOptional !== true)
    .map(([name]) => name.replace('node_modules/', ''));
}

/** Runs a program to its end; its standard output. @throws with everything that it said when it fails */
export function run(program: string, args: readonly string[], folder: string): string {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}
