import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { checkServer } from '../../src/db/check-server.ts';
import type { Db } from '../../src/db/db.ts';
import { isUnavailable } from '../../src/db/failure.ts';
import { connectPg } from '../../src/db/pg.ts';
import { describeOnPostgres } from '../support/each-database.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';
import { tcpProxy } from '../../chaos/proxy.mjs';

let fresh: FreshDatabase;
let db: Db;

const setting = async (from: Db, name: string): Promise<unknown> =>
  (await from.query({ text: 'select current_setting($1) as value', values: [name] })).rows[0]?.[
    'value'
  ];

const terminateOthers = (): Promise<unknown> =>
  db.query({
    text: `select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and application_name = 'victim'`,
  });

describeOnPostgres('a PostgreSQL server that fails', () => {
  beforeAll(async () => {
    fresh = await freshDatabase();
  });
  afterAll(() => fresh.drop());
  beforeEach(async () => {
    db = connectPg({ connectionString: fresh.url });
    await db.script('drop table if exists item; create table item (id int primary key, value int)');
  });
  afterEach(() => db.close());

  test('a server that is not there is unavailable', async () => {
    const away = connectPg({ connectionString: 'postgres://nobody@127.0.0.1:1/nothing' });
    const error: unknown = await away
      .query({ text: 'select 1' })
      .catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } });
    expect(isUnavailable(error)).toBe(true);
    await expect(
      away.listen(
        'c',
        () => undefined,
        () => undefined,
      ),
    ).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await away.close();
  });

  test('a session that the server ends during a statement is unavailable, and the pool recovers', async () => {
    const victim = connectPg({ connectionString: fresh.url, applicationName: 'victim', max: 1 });
    await victim.query({ text: 'select 1' });
    const sleeping = victim.query({ text: 'select pg_sleep(60)' });
    const [outcome] = await Promise.allSettled([sleeping, terminateOthers()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE_UNAVAILABLE' } });
    expect((await victim.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    await victim.close();
  });

  test('a session that ends inside a transaction undoes it, and the pool recovers', async () => {
    const victim = connectPg({ connectionString: fresh.url, applicationName: 'victim', max: 1 });
    const work = victim.transaction(async (tx) => {
      await tx.query({ text: 'insert into item values (1, 1)' });
      await terminateOthers();
      await tx.query({ text: 'insert into item values (2, 2)' });
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect((await victim.query({ text: 'select id from item' })).rows).toEqual([]);
    await victim.close();
  });

  test('an idle session that ends does not end the process', async () => {
    const victim = connectPg({ connectionString: fresh.url, applicationName: 'victim' });
    await victim.query({ text: 'select 1' });
    await terminateOthers();
    await expect
      .poll(() => victim.query({ text: 'select 1 as one' }).then(({ rows }) => rows))
      .toEqual([{ one: 1 }]);
    await victim.close();
  });

  test('a commit whose answer is lost is unavailable, not success', async () => {
    const proxy = await tcpProxy(fresh.url);
    const cut = connectPg({ connectionString: proxy.url });
    proxy.cutAfter('commit');
    const work = cut.transaction((tx) => tx.query({ text: 'insert into item values (1, 1)' }));
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await cut.close();
    await proxy.close();
  });

  test.each(['begin', 'statement', 'commit'])(
    'a connection that goes silent at the %s of a transaction is given up, not waited for without end',
    async (moment) => {
      const proxy = await tcpProxy(fresh.url);
      const silent = connectPg({ connectionString: proxy.url, max: 1, answerTimeoutMs: 300 });
      await silent.query({ text: 'select 1' });
      if (moment === 'begin') proxy.blackhole();
      const work = silent.transaction(async (tx) => {
        if (moment === 'statement') proxy.blackhole();
        await tx.query({ text: 'insert into item values (1, 1)' });
        if (moment === 'commit') proxy.blackhole();
      });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      proxy.heal();
      expect((await silent.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
      await silent.close();
      await proxy.close();
    },
  );

  test('failed statements and transactions give their connection back', async () => {
    const small = connectPg({ connectionString: fresh.url, max: 1 });
    for (let round = 0; round < 5; round += 1) {
      await expect(small.query({ text: 'select 1/0' })).rejects.toMatchObject({ code: '22012' });
      await expect(small.query({ text: 'select $1::int4', values: [{}] })).rejects.toMatchObject({
        code: 'DATABASE_FAULT',
      });
      await expect(small.transaction((tx) => tx.query({ text: 'selec' }))).rejects.toMatchObject({
        code: '42601',
      });
      await expect(small.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    expect((await small.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    await small.close();
  });

  test('a connection is kept after an error of the statement and replaced after an answer in doubt', async () => {
    const small = connectPg({ connectionString: fresh.url, max: 1 });
    const pid = async (): Promise<unknown> =>
      (await small.query({ text: 'select pg_backend_pid() as pid' })).rows[0]?.['pid'];
    const before = await pid();
    await expect(small.query({ text: 'select 1/0' })).rejects.toThrow('division');
    expect(await pid()).toBe(before);
    await expect(small.query({ text: 'select 9007199254740993::int8' })).rejects.toThrow('2^53');
    expect(await pid()).not.toBe(before);
    await small.close();
  });

  test('two transactions that lock each other out both get through', async () => {
    await db.script('insert into item values (1, 0), (2, 0)');
    let arrived = 0;
    let bothAreIn = (): void => undefined;
    const meeting = new Promise<void>((resolve) => (bothAreIn = resolve));
    const add = (first: number, second: number): Promise<void> =>
      db.transaction(async (tx) => {
        await tx.query({
          text: 'update item set value = value + 1 where id = $1',
          values: [first],
        });
        arrived += 1;
        if (arrived === 2) bothAreIn();
        await meeting;
        await tx.query({
          text: 'update item set value = value + 1 where id = $1',
          values: [second],
        });
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(arrived).toBeGreaterThan(2);
    expect((await db.query({ text: 'select value from item' })).rows).toEqual([
      { value: 2 },
      { value: 2 },
    ]);
  });

  test('no statement, lock or open transaction of our own sessions waits for ever', async () => {
    expect(await setting(db, 'statement_timeout')).toBe('30s');
    expect(await setting(db, 'lock_timeout')).toBe('10s');
    expect(await setting(db, 'idle_in_transaction_session_timeout')).toBe('10s');
    expect(await setting(db, 'jit')).toBe('off');
    expect(await setting(db, 'application_name')).toBe('tasker');
  });

  test("the address's own options have the last word", async () => {
    const url = `${fresh.url}?options=${encodeURIComponent('-c lock_timeout=3s')}`;
    const other = connectPg({ connectionString: url });
    expect(await setting(other, 'lock_timeout')).toBe('3s');
    expect(await setting(other, 'statement_timeout')).toBe('30s');
    expect(other.threadConnection).toEqual({ connectionString: url });
    await other.close();
  });

  test('a server that can be used passes the check, and a read-only session does not', async () => {
    await checkServer(db);
    const url = `${fresh.url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
    const standby = connectPg({ connectionString: url });
    await expect(checkServer(standby)).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
    await expect(standby.query({ text: 'insert into item values (1, 1)' })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await standby.close();
  });

  test('the durability is that of the session', async () => {
    const url = `${fresh.url}?options=${encodeURIComponent('-c synchronous_commit=off')}`;
    const eager = connectPg({ connectionString: url });
    expect(await eager.durability()).toBe('async');
    await eager.close();
  });
});

describeOnPostgres("a host's own pool", () => {
  let pool: pg.Pool;
  beforeAll(async () => {
    fresh = await freshDatabase();
    pool = new pg.Pool({ connectionString: fresh.url, max: 1 });
    db = connectPg({ pool });
  });
  afterAll(async () => {
    await pool.end();
    await fresh.drop();
  });

  test('keeps its parsers and its session settings', async () => {
    const before = (await pool.query('show lock_timeout')).rows;
    const inside = await db.transaction(async (tx) => {
      await tx.query({ text: 'select 1::int8 as n' });
      return (await tx.query({ text: 'show lock_timeout' })).rows;
    });
    expect(inside).toEqual([{ lock_timeout: '10s' }]);
    expect((await pool.query('show lock_timeout')).rows).toEqual(before);
    expect((await pool.query('select 1::int8 as n')).rows).toEqual([{ n: '1' }]);
  });

  test('can be listened on, although it has but one connection', async () => {
    let heard: (payload: string) => void = () => undefined;
    const payload = new Promise<string>((resolve) => (heard = resolve));
    const stop = await db.listen(
      'news',
      (text) => heard(text),
      () => undefined,
    );
    await db.query({ text: "select pg_notify('news', 'hi')" });
    expect(await payload).toBe('hi');
    await stop();
  });

  test('has no connection to offer to other threads', () => {
    expect(db.threadConnection).toBeNull();
  });

  test('stays open, without our listener, when Tasker closes', async () => {
    const other = connectPg({ pool });
    const listeners = pool.listenerCount('error');
    await other.close();
    expect(pool.listenerCount('error')).toBe(listeners - 1);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('that gives something other than clients is refused by name', async () => {
    const odd = connectPg({ pool: { connect: () => Promise.resolve({}) } });
    await expect(odd.query({ text: 'select 1' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
