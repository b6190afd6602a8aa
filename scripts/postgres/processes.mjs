/** Ends a process together with its children, on systems with /proc and on those with only `ps`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const GONE_TIMEOUT_MS = 10_000;

/** Sends SIGKILL to `pid` and its children; resolves once the children are gone. The caller reaps `pid` itself. */
export async function killFamily(pid) {
  const children = childrenOf(pid);
  process.kill(pid, 'SIGKILL');
  for (const child of children) sendKill(child);
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  while (children.some(isAlive)) {
    if (Date.now() > deadline)
      throw new Error(`Processes ${children.filter(isAlive).join(', ')} outlived SIGKILL`);
    await delay(5);
  }
}

/** Ids of the direct children of a process. */
export function childrenOf(pid) {
  const rows = existsSync('/proc/self/stat') ? procRows() : psRows();
  return rows.filter((row) => row.parent === pid).map((row) => row.pid);
}

function procRows() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // "pid (command) state ppid …": the command may hold spaces and brackets, so read from the last bracket.
        const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ');
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        return []; // ended while we looked
      }
    });
}

function psRows() {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid, parent]) => ({ pid, parent }));
}

function sendKill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // already gone is what we want
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

/** In a container whose first process reaps nothing, a killed orphan stays as a zombie: dead, but its id still answers. */
function isZombie(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).startsWith('Z');
  } catch {
    return false; // no /proc: treat as alive until it stops answering
  }
}
