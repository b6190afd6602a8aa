import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { lockDirectory } from '../../src/db/directory-lock.ts';

let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'tasker-lock-')));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Another process; each call of `line` gives the next line that it writes. */
interface Contender {
  readonly child: ChildProcess;
  readonly line: () => Promise<string>;
  readonly go: () => void;
}

async function contender(): Promise<Contender> {
  const file = fileURLToPath(new URL('./lock-owner.mjs', import.meta.url));
  const child = spawn(process.execPath, [file, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  expect(await line()).toBe('ready');
  return { child, line, go: () => void child.stdin.write('go\n') };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

test('a second owner in the same process is refused with the pid of the first', async () => {
  const lock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: 'DATABASE_LOCKED',
    details: { directory, pid: process.pid },
  });
  await lock.release();
  await lock.release();
  await (await lockDirectory(directory)).release();
});

test('of many owners in one process exactly one wins', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => lockDirectory(directory)),
  );
  const won = results.filter((result) => result.status === 'fulfilled');
  expect(won).toHaveLength(1);
  await won[0]?.value.release();
});

test('a released lock leaves no socket behind', async () => {
  const lock = await lockDirectory(directory);
  await lock.release();
  expect(await readdir(join(directory, 'lock'))).toEqual(['pid']);
});

test('a directory whose path is longer than a socket address can be locked', async () => {
  const deep = join(directory, 'd'.repeat(200), 'e'.repeat(200));
  await mkdir(deep, { recursive: true });
  const lock = await lockDirectory(deep);
  await expect(lockDirectory(deep)).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
  await lock.release();
});

test('of many processes that start together exactly one wins, twenty times in a row', async () => {
  for (let round = 0; round < 20; round += 1) {
    const racers = await Promise.all([contender(), contender(), contender()]);
    for (const { go } of racers) go();
    const answers = await Promise.all(racers.map(({ line }) => line()));
    expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith('refused '))).toHaveLength(2);
    for (const { child } of racers) child.kill('SIGKILL'); // every other round starts with the remains of a dead owner
    await Promise.all(racers.map(({ child }) => ended(child)));
  }
}, 120_000);

test('the lock of a killed process is free at once', async () => {
  const owner = await contender();
  owner.go();
  expect(await owner.line()).toBe('locked');
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    details: { pid: owner.child.pid },
  });
  owner.child.kill('SIGKILL');
  await ended(owner.child);
  const lock = await lockDirectory(directory);
  expect(
    (await readdir(join(directory, 'lock'))).filter((name) => name.endsWith('.sock')),
  ).toHaveLength(1);
  await lock.release();
});

test('a process that is stopped keeps its lock, and its pid is still named', async () => {
  const owner = await contender();
  owner.go();
  expect(await owner.line()).toBe('locked');
  owner.child.kill('SIGSTOP');
  await expect(lockDirectory(directory)).rejects.toMatchObject({
    code: 'DATABASE_LOCKED',
    details: { pid: owner.child.pid },
  });
  owner.child.kill('SIGCONT');
});

test('a process that holds the lock ends by itself when it has nothing else to do', async () => {
  const owner = await contender();
  owner.go();
  expect(await owner.line()).toBe('locked');
  owner.child.stdin?.end();
  await ended(owner.child);
  expect(owner.child.exitCode).toBe(0);
  await (await lockDirectory(directory)).release();
});
