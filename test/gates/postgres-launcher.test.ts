import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { freshDatabase, startPostgres, type PostgresServer } from '../support/postgres.ts';

const LAUNCHER = new URL('../../scripts/postgres/launcher.mjs', import.meta.url).href;

const started: PostgresServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.dispose();
});

async function start(): Promise<PostgresServer> {
  const server = await startPostgres();
  if (server === null) throw new Error('no PostgreSQL programs on this machine');
  started.push(server);
  return server;
}

async function answer(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(statement);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

describeOnPostgres('a server of our own', () => {
  test('keeps committed rows through a kill and a restart, at the same address', async () => {
    const server = await start();
    await answer(server.url, 'create table kept as select 42 as answer');
    const { url, pid } = server;

    await server.kill();
    await expect(answer(url, 'select 1 as answer')).rejects.toThrow(/ECONNREFUSED/);
    expect(server.pid).toBeNull();
    await server.restart();

    expect(server.pid).not.toBe(pid);
    expect(await answer(url, 'select answer from kept')).toBe(42);
  });

  test('uses the settings it was given over those for tests', async () => {
    const server = await startPostgres({ settings: { fsync: 'on', work_mem: '9MB' } });
    if (server === null) throw new Error('no PostgreSQL programs on this machine');
    started.push(server);

    expect(await answer(server.url, `select current_setting('fsync') as answer`)).toBe('on');
    expect(await answer(server.url, `select current_setting('work_mem') as answer`)).toBe('9MB');
    expect(await answer(server.url, `select current_setting('max_connections') as answer`)).toBe(
      '200',
    );
  });

  test('refuses a client that does not know the password', async () => {
    const server = await start();
    const url = new URL(server.url);
    url.password = 'guess';

    await expect(answer(url.href, 'select 1 as answer')).rejects.toThrow(
      /password authentication failed/,
    );
  });

  test('removes its folder when it is disposed of, and again is fine', async () => {
    const server = await start();
    const { dataDir } = server;

    await server.dispose();
    await server.dispose();

    expect(existsSync(dataDir)).toBe(false);
  });

  test('leaves nothing behind when the process that started it is killed', async () => {
    const script = `import { startPostgres } from ${JSON.stringify(LAUNCHER)};
      const server = await startPostgres();
      console.log(JSON.stringify({ url: server.url, dataDir: server.dataDir }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer]; // sound: a stream without encoding gives buffers
    const server = JSON.parse(line.toString()) as { url: string; dataDir: string }; // sound: printed by the script above
    expect(await answer(server.url, 'select 1 as answer')).toBe(1);

    child.kill('SIGKILL');

    await expect.poll(() => existsSync(server.dataDir), { timeout: 20_000 }).toBe(false);
    await expect(answer(server.url, 'select 1 as answer')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describeOnPostgres('a fresh database', () => {
  test('is empty, its own, and gone after drop', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
    await answer(one.url, 'create table mine as select 1 as answer');

    expect(
      await answer(
        two.url,
        `select count(*)::int as answer from pg_tables where schemaname = 'public'`,
      ),
    ).toBe(0);
    await Promise.all([one.drop(), two.drop()]);
    await one.drop();

    await expect(answer(one.url, 'select 1 as answer')).rejects.toThrow(/does not exist/);
  });
});
