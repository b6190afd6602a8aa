import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import type { Db } from '../../src/db/db.ts';
import { listenOn } from '../../src/db/listen.ts';
import { connectPg } from '../../src/db/pg.ts';
import { describeOnPostgres } from '../support/each-database.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';
import { tcpProxy } from '../../chaos/proxy.mjs';

describeOnPostgres('listening', () => {
  let fresh: FreshDatabase;
  let db: Db;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    fresh = await freshDatabase();
    db = connectPg({ connectionString: fresh.url });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await db.close();
    await fresh.drop();
  });

  const open = (url: string) => async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'listener',
      connectionTimeoutMillis: 10_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const notify = (payload: string): Promise<unknown> =>
    db.query({ text: 'select pg_notify($1, $2)', values: ['news', payload] });

  /** What was heard, and a way to wait for something to be heard. */
  function recorder(): {
    heard: string[];
    add: (what: string) => void;
    until: (what: string) => Promise<void>;
  } {
    const heard: string[] = [];
    const waiting = new Map<string, () => void>();
    const add = (what: string): void => {
      heard.push(what);
      waiting.get(what)?.();
    };
    const until = (what: string): Promise<void> =>
      heard.includes(what)
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.set(what, resolve));
    return { heard, add, until };
  }

  test('comes back by itself after the server ended its session, and says that hints may be missing', async () => {
    const { heard, add, until } = recorder();
    stops.push(await db.listen('news', add, () => add('gap')));
    await notify('before');
    await until('before');
    await db.query({
      text: `select pg_terminate_backend(pid, 5000) from pg_stat_activity
              where datname = current_database() and query like 'listen%'`,
    });
    await until('gap');
    await notify('after');
    await until('after');
    expect(heard).toEqual(['before', 'gap', 'after']);
  });

  test('finds out that its connection is half-open, and replaces it', async () => {
    const proxy = await tcpProxy(fresh.url);
    const { add, until } = recorder();
    stops.push(
      await listenOn({
        open: open(proxy.url),
        channel: 'news',
        onNotify: add,
        onGap: () => add('gap'),
        heartbeatMs: 50,
      }),
    );
    proxy.blackhole();
    await notify('lost');
    proxy.heal();
    await until('gap');
    await notify('after');
    await until('after');
    for (const stop of stops.splice(0)) await stop();
    await proxy.close();
  });

  test('hears nothing of other channels', async () => {
    const { heard, add, until } = recorder();
    stops.push(await db.listen('news', add, () => undefined));
    await db.query({ text: "select pg_notify('other', 'x')" });
    await notify('y');
    await until('y');
    expect(heard).toEqual(['y']);
  });

  test('stops at once while the server is away', async () => {
    const proxy = await tcpProxy(fresh.url);
    let attempts = 0;
    let tried = (): void => undefined;
    const triedAgain = new Promise<void>((resolve) => (tried = resolve));
    const connect = open(proxy.url);
    const stop = await listenOn({
      open: () => {
        attempts += 1;
        if (attempts > 1) tried();
        return connect();
      },
      channel: 'news',
      onNotify: () => undefined,
      onGap: () => undefined,
      heartbeatMs: 50,
    });
    proxy.blackhole();
    await triedAgain; // it hangs in a connection attempt that nobody answers
    await stop();
    await proxy.close();
    expect(attempts).toBeGreaterThan(1);
  });

  test('leaves no session behind when it is stopped', async () => {
    const sessions = async (): Promise<unknown> =>
      (
        await db.query({
          text: "select count(*) as n from pg_stat_activity where application_name = 'listener'",
        })
      ).rows[0]?.['n'];
    const stop = await listenOn({
      open: open(fresh.url),
      channel: 'news',
      onNotify: () => undefined,
      onGap: () => undefined,
    });
    expect(await sessions()).toBe(1);
    await stop();
    await stop();
    await expect.poll(sessions).toBe(0);
  });
});
