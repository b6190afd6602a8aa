import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { TaskerError } from '../kernel/errors.ts';
import { listenAt, probe } from './lock-socket.ts';
import type { LockSocket, Probe } from './lock-socket.ts';
import { systemPorts } from '../kernel/ports.ts';
import { fullJitter, pause } from './pause.ts';

/**
 * Keeps a directory for one process.
 *
 * A pid file says nothing about now, and a heartbeat lapses while its owner is busy. So the lock is something that the kernel takes
 * away when a process dies and at no other time: a listening socket. It is a file `owner-<n>.sock` in the subdirectory `lock`.
 *
 * I1: a lock is never taken from a process that exists, however long it is silent: connecting succeeds while it is stopped or busy.
 * I2: a lock of a dead process stands in nobody's way: connecting is refused at once.
 * I3: at most one wins. A number is taken by link(), which is atomic; after that the winner looks at every other number, and steps
 *     back when one of them answers. Of two that see each other both step back and try again; the first to finish its look without
 *     seeing anybody is the owner, and everybody who comes later sees it.
 * I4: only the owner removes what is dead, so nobody removes the socket of a newcomer by mistake.
 *
 * On Windows a named pipe does the same: its name exists as long as its process.
 */
export interface DirectoryLock {
  /** Gives the directory free. Twice is fine. */
  release(): Promise<void>;
}

/** Longest wait for others that are deciding the same question. */
const ATTEMPTS = 100;
const ATTEMPT_PAUSE_MS = 20;

/**
 * Takes the lock of a directory that exists, given by its real path.
 *
 * @throws DATABASE_LOCKED with the pid of the owner, or null when it did not tell
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  if (process.platform === 'win32') return lockByPipe(directory);
  const place = await openPlace(directory);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const socket = await tryToOwn(place, directory);
      if (socket !== null) return ownedLock(place, socket);
      await pause(fullJitter(ATTEMPT_PAUSE_MS, systemPorts.random));
    }
    throw new TaskerError('DATABASE_LOCKED', { directory, pid: await lastPid(place) });
  } catch (error) {
    await place.close();
    throw error;
  }
}

/** Where the sockets are. `at` gives the path that system calls use: it must stay below 104 bytes, whatever the directory is called. */
interface Place {
  readonly directory: string;
  readonly at: (name: string) => string;
  readonly close: () => Promise<void>;
}

interface OwnedSocket {
  readonly socket: LockSocket;
  readonly name: string;
}

/** One attempt. Null: others are at it too, try again. @throws DATABASE_LOCKED when there is an owner */
async function tryToOwn(place: Place, directory: string): Promise<OwnedSocket | null> {
  const numbers = await ownerNumbers(place);
  const seen = await Promise.all(numbers.map((number) => probe(place.at(ownerName(number)))));
  const owner = seen.find((result) => result.kind === 'alive');
  if (owner !== undefined) throw await lockedBy(owner, place, directory);
  if (seen.some(({ kind }) => kind === 'unsettled')) return null;
  const highest = numbers.at(-1) ?? 0;
  const name = ownerName(highest + 1);
  const socket = await takeName(place, name);
  if (socket === null) return null;
  if (await seesOthers(place, name)) {
    await rm(place.at(name), { force: true });
    await socket.close();
    return null;
  }
  socket.claim = 'owner';
  return { socket, name };
}

/** Listens under a name of its own first, so that the number never points to a socket that does not listen yet. */
async function takeName(place: Place, name: string): Promise<LockSocket | null> {
  const temporary = `new-${randomBytes(8).toString('hex')}.sock`;
  const socket = await listenAt(place.at(temporary));
  try {
    await link(place.at(temporary), place.at(name));
    await rm(place.at(temporary), { force: true });
    return socket;
  } catch (error) {
    await socket.close();
    if (hasCode(error, 'EEXIST', 'ENOENT')) return null; // somebody was faster, or the owner tidied up
    throw error;
  }
}

async function seesOthers(place: Place, ownName: string): Promise<boolean> {
  const names = (await ownerNumbers(place)).map(ownerName).filter((name) => name !== ownName);
  const seen = await Promise.all(names.map((name) => probe(place.at(name))));
  return seen.some(({ kind }) => kind !== 'dead');
}

async function ownedLock(place: Place, { socket, name }: OwnedSocket): Promise<DirectoryLock> {
  await writeFile(join(place.directory, 'pid'), `${process.pid}\n`); // for people, and for an owner that cannot answer
  await removeDead(place, name);
  let released: Promise<void> | null = null;
  const release = async (): Promise<void> => {
    await rm(place.at(name), { force: true });
    await socket.close();
    await place.close();
  };
  return { release: () => (released ??= release()) };
}

/** I4. */
async function removeDead(place: Place, ownName: string): Promise<void> {
  const names = (await readdir(place.directory)).filter(
    (name) => /^(?:owner|new)-.*\.sock$/.test(name) && name !== ownName,
  );
  for (const name of names) {
    if ((await probe(place.at(name))).kind === 'dead') await rm(place.at(name), { force: true });
  }
}

async function ownerNumbers(place: Place): Promise<number[]> {
  const names = await readdir(place.directory);
  return names
    .map((name) => Number(/^owner-(\d+)\.sock$/.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .toSorted((a, b) => a - b);
}

function ownerName(number: number): string {
  return `owner-${number}.sock`;
}

async function lockedBy(
  { pid }: Extract<Probe, { kind: 'alive' }>,
  place: Place,
  directory: string,
): Promise<TaskerError> {
  return new TaskerError('DATABASE_LOCKED', { directory, pid: pid ?? (await lastPid(place)) });
}

async function lastPid(place: Place): Promise<number | null> {
  try {
    const pid = Number(await readFile(join(place.directory, 'pid'), 'latin1'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null; // the file is only a courtesy
  }
}

async function openPlace(directory: string): Promise<Place> {
  const own = join(directory, 'lock');
  await mkdir(own, { recursive: true, mode: 0o700 });
  const handle = await open(own, constants.O_RDONLY | constants.O_DIRECTORY);
  const close = (): Promise<void> => handle.close();
  const candidates: Place[] = [
    { directory: own, at: throughDescriptor(handle), close },
    { directory: own, at: (name) => join(own, name), close },
  ];
  for (const place of candidates) if (await carriesSockets(place)) return place;
  await close();
  // The path is too long or its file system knows no sockets: a place of this machine, named after the directory.
  const elsewhere = join(tmpdir(), `tasker-${hashOf(directory)}`);
  await mkdir(elsewhere, { recursive: true, mode: 0o700 });
  return {
    directory: elsewhere,
    at: (name) => join(elsewhere, name),
    close: () => Promise.resolve(),
  };
}

/** Linux opens a path relative to an open directory through /proc, which is short however deep the directory is. */
function throughDescriptor(handle: FileHandle): (name: string) => string {
  return (name) => `/proc/self/fd/${handle.fd}/${name}`;
}

/** What a system says when it has no /proc, or a file system no sockets or hard links. */
const NO_SOCKETS = [
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EPERM',
  'EINVAL',
  'ENXIO',
  'ENOENT',
  'ENOTDIR',
];

async function carriesSockets(place: Place): Promise<boolean> {
  const name = `try-${randomBytes(8).toString('hex')}`;
  // 104 bytes with the closing zero is the shortest limit of any system; Node cuts a longer path off instead of refusing it.
  if (Buffer.byteLength(place.at(name)) > 103) return false;
  try {
    const socket = await listenAt(place.at(name));
    const answers = (await probe(place.at(name))).kind !== 'dead';
    await link(place.at(name), place.at(`${name}.link`));
    await rm(place.at(`${name}.link`), { force: true });
    await socket.close();
    return answers;
  } catch (error) {
    // Anything else (no space, no descriptors) passes; it must not send two processes to two different places.
    if (hasCode(error, ...NO_SOCKETS)) return false;
    throw error;
  }
}

async function lockByPipe(directory: string): Promise<DirectoryLock> {
  const path = `\\\\.\\pipe\\tasker-${hashOf(directory.toLowerCase())}`;
  try {
    const socket = await listenAt(path);
    socket.claim = 'owner';
    let released: Promise<void> | null = null;
    return { release: () => (released ??= socket.close()) };
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE', 'EACCES')) throw error;
    const seen = await probe(path);
    throw new TaskerError('DATABASE_LOCKED', {
      directory,
      pid: seen.kind === 'alive' ? seen.pid : null,
    });
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
