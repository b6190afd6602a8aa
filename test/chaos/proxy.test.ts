import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tcpProxy, type TcpProxy } from '../../chaos/proxy.mjs';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

describeOnPostgres('the proxy that breaks the network', () => {
  let fresh: FreshDatabase;
  let direct: pg.Client;
  let proxy: TcpProxy;
  let client: pg.Client;

  beforeEach(async () => {
    fresh = await freshDatabase();
    proxy = await tcpProxy(fresh.url);
    direct = await connected(fresh.url);
    client = await connected(proxy.url);
    await direct.query('create table item (id int primary key)');
  });
  afterEach(async () => {
    await client.end().catch(() => undefined);
    await direct.end();
    await proxy.close();
    await fresh.drop();
  });

  const insert = (id: number) => ({
    name: 'insert-item',
    text: 'insert into item values ($1)',
    values: [id],
  });
  const stored = async (): Promise<readonly unknown[]> =>
    (await direct.query<{ id: number }>('select id from item order by id')).rows.map(
      ({ id }) => id,
    );
  const isInsert = (statement: string): boolean => statement === 'insert-item';

  test('cuts before a write: the server never sees it', async () => {
    await client.query(insert(1));
    const strike = proxy.strike('before', isInsert);
    await expect(client.query(insert(2))).rejects.toThrow(CUT);
    expect(await strike.hit).toBe(true);
    expect(await stored()).toEqual([1]);
  });

  test('cuts after a write: it is stored, and the client does not hear of it', async () => {
    await client.query(insert(1));
    const strike = proxy.strike('after', isInsert);
    await expect(client.query(insert(2))).rejects.toThrow(CUT);
    expect(await strike.hit).toBe(true);
    expect(await stored()).toEqual([1, 2]);
  });

  test('cuts between a commit and its answer', async () => {
    await client.query('begin');
    await client.query(insert(1));
    const strike = proxy.strike('after', (statement) => statement === 'commit');
    await expect(client.query('commit')).rejects.toThrow(CUT);
    expect(await strike.hit).toBe(true);
    expect(await stored()).toEqual([1]);
  });

  test('cuts before a commit: the transaction is undone', async () => {
    await client.query('begin');
    await client.query(insert(1));
    proxy.strike('before', (statement) => statement === 'commit');
    await expect(client.query('commit')).rejects.toThrow(CUT);
    await until('the transaction is gone', async () => (await stored()).length === 0);
  });

  test('says once that the disk is full, and the connection is of use afterwards', async () => {
    proxy.strike('full', isInsert);
    await expect(client.query(insert(1))).rejects.toMatchObject({ code: '53100' });
    await client.query(insert(1));
    expect(await stored()).toEqual([1]);
  });

  test('never says so inside a transaction, of which the server knows', async () => {
    const strike = proxy.strike('full', isInsert);
    await client.query('begin');
    await client.query(insert(1));
    await client.query('commit');
    strike.cancel();
    expect(await strike.hit).toBe(false);
    expect(await stored()).toEqual([1]);
  });

  test('sends new connections elsewhere, and cuts the old ones', async () => {
    const other = await freshDatabase();
    const ended = new Promise((resolve) => client.once('end', resolve));
    proxy.retarget(other.url);
    proxy.cutAll();
    await ended;
    const url = new URL(proxy.url);
    url.pathname = new URL(other.url).pathname;
    const again = await connected(url.href);
    const { rows } = await again.query('select current_database() as name');
    expect(rows).toEqual([{ name: url.pathname.slice(1) }]);
    await again.end();
    await other.drop();
  });

  test('keeps the order of what it delays, also when the delay ends in between', async () => {
    proxy.slow(30);
    const answer = client.query('select n, repeat($1, 500) from generate_series(1, 5000) n', ['x']);
    await until('the server has answered', async () => {
      const { rows } = await direct.query(
        "select from pg_stat_activity where query like 'select n%' and state = 'idle'",
      );
      return rows.length > 0;
    });
    proxy.slow(0);
    const { rows } = await answer;
    expect(rows.map(({ n }: { readonly n: number }) => n)).toEqual(
      Array.from({ length: 5_000 }, (_, index) => index + 1),
    );
  });

  test('tells how long the server took for each statement', async () => {
    const seen: (string | null)[] = [];
    proxy.watch((statement, milliseconds) => milliseconds > 0 && seen.push(statement));
    await client.query(insert(1));
    await client.query('select 1');
    expect(seen).toEqual(['insert-item', 'select 1']);
  });
});

const CUT = /terminated|ECONNRESET/;

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // it is cut on purpose
  await client.connect();
  return client;
}
