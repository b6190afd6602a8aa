import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Db } from '../../src/db/db.ts';
import { connectPglite } from '../../src/db/pglite.ts';

/** Exhausts the stack of PGlite 0.5.16, which then answers as if all were well and stores nothing. */
const TOO_DEEP = '['.repeat(1_000_000) + ']'.repeat(1_000_000);

/** Deep, but PostgreSQL notices by itself. */
const DEEP = '['.repeat(50_000) + ']'.repeat(50_000);

const insert = (id: number, value: string): { text: string; values: unknown[] } => ({
  text: 'insert into item values ($1, $2)',
  values: [id, value],
});

describe('an embedded database in a directory [pglite]', () => {
  let root: string;
  let directory: string;
  let db: Db;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tasker-pglite-'));
    const template = await connectPglite({ directory: join(root, 'template') });
    await template.script('create table item (id int primary key, value jsonb)');
    await template.query(insert(1, '"before"'));
    await template.close();
  }, 60_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  beforeEach(async () => {
    directory = join(root, 'data');
    await cp(join(root, 'template'), directory, { recursive: true }); // ten times faster than a new one
    db = await connectPglite({ directory });
  }, 60_000);
  afterEach(async () => {
    await db.close();
    await rm(directory, { recursive: true, force: true });
  });

  const ids = async (from: Db = db): Promise<unknown> =>
    (await from.query({ text: 'select id from item order by id' })).rows.map((row) => row['id']);

  test('a write that the instance silently lost is a fault, and the next one works', async () => {
    await expect(db.query(insert(2, TOO_DEEP))).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
    await db.query(insert(3, '"after"'));
    expect(await ids()).toEqual([1, 3]);
  });

  test('a value that PostgreSQL itself finds too deep is refused like any other', async () => {
    await expect(db.query(insert(2, DEEP))).rejects.toMatchObject({ code: '54001' });
    expect(await ids()).toEqual([1]);
  });

  test('listeners hear again after a fault, and are told that hints may be missing', async () => {
    let hear: (payload: string) => void = () => undefined;
    const heard = new Promise<string>((resolve) => (hear = resolve));
    let miss = (): void => undefined;
    const missed = new Promise<void>((resolve) => (miss = resolve));
    await db.listen(
      'news',
      (payload) => hear(payload),
      () => miss(),
    );
    await expect(db.query(insert(2, TOO_DEEP))).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
    await missed;
    await db.query({ text: "select pg_notify('news', 'hi')" });
    expect(await heard).toBe('hi');
  });

  test('dead rows are removed after some thousand statements, although nothing runs in the background', async () => {
    await db.query({ text: "insert into item select n, '1' from generate_series(100, 5000) n" });
    await db.query({ text: 'delete from item where id >= 100' });
    const pages = async (): Promise<number> => {
      const { rows } = await db.query({ text: "select pg_relation_size('item') as bytes" });
      return Number(rows[0]?.['bytes']);
    };
    const before = await pages();
    for (let batch = 0; batch < 11; batch += 1) {
      await Promise.all(
        Array.from({ length: 1_000 }, () => db.query({ name: 'one', text: 'select 1' })),
      );
    }
    await expect.poll(pages).toBeLessThan(before / 10);
  }, 30_000);

  test('a transaction in which the instance failed leaves nothing, even when its work ignores the fault', async () => {
    const work = db.transaction(async (tx) => {
      await tx.query(insert(2, '"first"'));
      await tx.query(insert(3, TOO_DEEP)).catch(() => undefined);
      await tx.query(insert(4, '"last"')).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
    expect(await ids()).toEqual([1]);
  });

  test('statements that were in flight during a fault are answered or rejected, never forgotten', async () => {
    const results = await Promise.allSettled([
      db.query(insert(2, TOO_DEEP)),
      ...Array.from({ length: 10 }, (_, index) => db.query(insert(10 + index, '1'))),
    ]);
    const stored = results.flatMap((result, index) =>
      result.status === 'fulfilled' ? [9 + index] : [],
    );
    expect(results[0]?.status).toBe('rejected');
    expect(await ids()).toEqual([1, ...stored]);
  });

  test('what was committed is there after closing and opening again', async () => {
    await db.close();
    db = await connectPglite({ directory });
    expect(await ids()).toEqual([1]);
    expect(await db.durability()).toBe('process');
  });

  test('a directory that cannot be opened is a fault, and its lock is given back', async () => {
    await db.close();
    await writeFile(join(directory, 'postgres', 'PG_VERSION'), '9.1\n');
    await expect(connectPglite({ directory })).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
    await expect(connectPglite({ directory })).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
  });

  test('a second owner is refused while the first has it, and the first is unharmed', async () => {
    await expect(connectPglite({ directory })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await db.query(insert(2, '2'));
    expect(await ids()).toEqual([1, 2]);
  });

  test('everything that a killed process had been told is stored is there', async () => {
    await db.close();
    const file = fileURLToPath(new URL('./pglite-writer.mjs', import.meta.url));
    const child = spawn(process.execPath, [file, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString();
      if (output.split('\n').length > 200) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    const acknowledged = output.split('\n').slice(0, -1).map(Number);
    db = await connectPglite({ directory });
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(await ids()).toEqual(expect.arrayContaining(acknowledged));
  }, 60_000);

  test('a process with an open but idle database ends by itself', async () => {
    await db.close();
    const file = fileURLToPath(new URL('./pglite-writer.mjs', import.meta.url));
    const child = spawn(process.execPath, [file, directory, 'once'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    db = await connectPglite({ directory });
    expect(await ids()).toEqual([1, 1_000]);
  }, 60_000);
});

describe('an embedded database in memory [pglite]', () => {
  test('says that it is lost after a fault, instead of going on empty', async () => {
    const db = await connectPglite({ directory: null });
    await db.script('create table item (id int primary key, value jsonb)');
    await expect(db.query(insert(1, TOO_DEEP))).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
    await expect(db.query({ text: 'select 1' })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('in memory and is lost') as unknown,
    });
    await db.close();
  }, 60_000);
});
