/** The facts without which a figure means nothing. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import path from 'node:path';
import { median } from './results.mjs';

const PAGE = Buffer.alloc(8192, 1);
const SYNCS = 100;

/** @param {Awaited<ReturnType<typeof import('./server.mjs').openServer>>} server */
export async function machineFacts(server) {
  const settings = await server.settings();
  return {
    takenAt: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    system: `${platform()} ${arch()}`,
    node: process.version,
    postgres: settings,
    syncUs: server.dataDir === null ? null : Math.round(syncTimeUs(server.dataDir)),
    statements: server.statements,
  };
}

/** The median time that the disk of the database takes to make one written page safe, in microseconds. */
function syncTimeUs(folder) {
  const name = path.join(folder, 'sync-time');
  const file = openSync(name, 'w');
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const start = performance.now();
      writeSync(file, PAGE, 0, PAGE.length, 0);
      fdatasyncSync(file);
      return (performance.now() - start) * 1000;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(name);
  }
}

/** The lines above the table. */
export function describeMachine(facts) {
  const { server_version: version, ...settings } = facts.postgres;
  const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const counted =
    facts.statements === 'server'
      ? 'by pg_stat_statements, transaction control included'
      : 'as this process sends them (the server has no pg_stat_statements)';
  const lines = [
    `machine     ${facts.cpu}, ${facts.cores} cores, ${facts.memoryGiB} GiB, ${facts.system}; load at start ${facts.load.join(' ')}`,
    `software    Node.js ${facts.node}, PostgreSQL ${version}`,
    `server      ${shown.join(' ')}`,
    `disk        ${facts.syncUs === null ? 'not known: the server is not ours' : `${facts.syncUs} µs to write and sync a page`}`,
    `statements  counted ${counted}`,
  ];
  return [...lines, ...warnings(facts)].join('\n');
}

function warnings({ postgres, load, cores, syncUs }) {
  const found = [];
  if (postgres.fsync !== 'on' || postgres.synchronous_commit === 'off')
    found.push('commits do not wait for the disk: these are not the figures of a safe database');
  if (syncUs !== null && syncUs < 10)
    found.push('the data lies in memory: set TMPDIR to a folder on a disk');
  if (load[0] > cores / 4) found.push('the machine was busy: repeat this when it is idle');
  return found.map((text) => `NOTE        ${text}`);
}
