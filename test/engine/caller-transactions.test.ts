import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import { fromPg } from '../../src/db/transactions/from-pg.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { createInTransaction } from '../../src/engine/create-in-transaction.ts';
import type { CreateOptions } from '../../src/engine/create-in-transaction.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { partsOn } from '../race/lab.ts';
import {
  describeOnPostgres,
  pgliteDatabase,
  postgresDatabase,
  type TestDatabase,
} from '../support/each-database.ts';
import { gate, startEngine } from '../support/engine.ts';
import { freshDatabase } from '../support/postgres.ts';
import { refused, refusedWithoutTrace, rowCounts } from './lab.ts';
import { LIBRARIES } from './query-libraries.ts';

const greet = defineTask({ name: 'greet' }, (t) => void t.step('only', {}, () => 1));
const request = { context: {}, initiator: 'test', reason: 'test', sourceSystem: 'test' };
const keyed = { ...request, context: { n: 1 }, idempotencyKey: 'K' };

/** A client of a database, for the tests of a suite. */
function clientOf(database: TestDatabase, config: pg.ClientConfig = {}): () => pg.Client {
  let client: pg.Client | undefined;
  beforeAll(async () => {
    client = new pg.Client({ connectionString: database.url() ?? '', ...config });
    await client.connect();
  });
  afterAll(() => client?.end());
  return () => {
    if (client === undefined) throw new Error('The client exists only while its suite runs');
    return client;
  };
}

describeOnPostgres('a transaction of', () => {
  const database = postgresDatabase();

  test.each(Object.entries(LIBRARIES))('%s creates tasks', async (_, transactionOf) => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const client = new pg.Client(database.url() ?? '');
    await client.connect();
    const options = { transaction: transactionOf(client) };

    await refusedWithoutTrace(
      engine,
      () => engine.tasker.create('greet', request, options),
      'TRANSACTION_UNUSABLE', // none is open
    );
    await client.query('begin');
    const one = await engine.tasker.create('greet', keyed, options);
    expect(one).toEqual({ taskId: expect.any(Number) as number, created: true });
    expect(await engine.tasker.create('greet', keyed, options)).toEqual({ ...one, created: false });
    const conflict = { ...keyed, context: { n: 2 } };
    await refused(engine.tasker.create('greet', conflict, options), 'IDEMPOTENCY_CONFLICT');
    const requests = [{ context: { odd: `?'"\\ $1 \u{1F600}` } }, { context: { n: 3 } }];
    const many = await engine.tasker.createMany('greet', requests, options);
    await client.query('commit');
    await client.end();

    expect((await engine.tasker.task(one.taskId)).context).toEqual({ n: 1 });
    for (const [index, answer] of many.entries()) {
      expect(Object.keys(answer)).toEqual(['taskId', 'created']);
      const task = await engine.tasker.task(answer.taskId);
      expect(task.context).toEqual(requests[index]?.context);
    }
    expect(await rowCounts(engine)).toMatchObject({ tasks: 3, ready_steps: 3 });
    await engine.finish();
  });
});

describeOnPostgres('a client with habits of its own', () => {
  const database = postgresDatabase();
  const readers: Readonly<Record<string, (oid: number, text: string) => unknown>> = {
    'reads nothing': (_, text) => text,
    'reads numbers as bigint, and all else but text its own way': (oid, text) => {
      if (oid === 20 || oid === 23) return BigInt(text);
      return oid === 25 ? text : { oid, text };
    },
  };

  test.each(Object.entries(readers))('that %s is understood', async (_, read) => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const types = { getTypeParser: (oid: number) => (text: string) => read(oid, text) };
    const client = new pg.Client({
      connectionString: database.url() ?? '',
      types,
    });
    await client.connect();
    const options = { transaction: fromPg(client) };

    await client.query(`set search_path = nowhere; set datestyle = 'German, DMY'; set extra_float_digits = 0;
      set timezone = 'Asia/Kathmandu'; set bytea_output = 'escape'; set plan_cache_mode = force_generic_plan`);
    await client.query('begin');
    const one = await engine.tasker.create('greet', keyed, options);
    const again = await engine.tasker.create('greet', keyed, options);
    await client.query('commit');
    await client.end();

    expect(again).toEqual({ taskId: one.taskId, created: false });
    expect((await engine.tasker.task(one.taskId)).context).toEqual({ n: 1 });
    await engine.finish();
  });
});

describeOnPostgres('a role of its own', () => {
  const database = postgresDatabase();
  const client = clientOf(database);

  test('creates tasks with the rights that the guide names, and no others', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.create(greet, request);
    const role = `shop_${randomBytes(4).toString('hex')}`; // a role belongs to the server, not to the database
    const guide = readFileSync(
      path.resolve(import.meta.dirname, '../../docs/transactions.md'),
      'utf8',
    );
    const grants = guide.match(/grant [^;]+;/g) ?? [];
    expect(grants).toHaveLength(5);
    await client().query(`create role ${role}`);
    for (const grant of grants)
      await client().query(
        grant
          .replaceAll('tasker.', `${engine.schema}.`)
          .replace('schema tasker', `schema ${engine.schema}`)
          .replace('shop', role),
      );
    const options = { transaction: fromPg(client()) };

    await client().query(`begin; set local role ${role}`);
    const { taskId } = await engine.tasker.create('greet', keyed, options);
    await refused(
      engine.tasker.create('greet', { ...keyed, context: {} }, options),
      'IDEMPOTENCY_CONFLICT',
    );
    await client().query('commit');

    expect((await engine.tasker.task(taskId)).context).toEqual({ n: 1 });
    await client().query(`drop owned by ${role}; drop role ${role}`);
    await engine.finish();
  });
});

describeOnPostgres('what is no transaction on this database', () => {
  const database = postgresDatabase();
  const client = clientOf(database);
  const unusable = (problem: string) => ({
    name: 'TaskerError',
    code: 'TRANSACTION_UNUSABLE',
    message: expect.stringContaining(problem) as string,
  });

  test('is refused before anything is stored', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const create = (transaction: unknown) =>
      engine.tasker.create('greet', request, { transaction } as CreateOptions); // sound: as plain JavaScript could
    const pool = new pg.Pool({ connectionString: database.url() ?? '' });
    const before = await rowCounts(engine);

    await expect(create(pool)).rejects.toMatchObject(unusable('it is a pool'));
    // @ts-expect-error -- a pool is refused by the compiler, too
    expect(() => fromPg(pool)).toThrow('it is a pool');
    const hidden = { query: (text: string, values: string[]) => pool.query(text, values) };
    await expect(create(hidden)).rejects.toMatchObject(unusable('no transaction is open'));
    await client().query('begin');
    await client().query('commit');
    await expect(create(client())).rejects.toMatchObject(unusable('no transaction is open'));
    for (const nothing of [undefined, null, 'begin'])
      await expect(create(nothing)).rejects.toMatchObject(unusable('names none'));
    await expect(create({})).rejects.toMatchObject(unusable('has no query'));
    await expect(create({ query: () => [] })).rejects.toMatchObject(unusable('no { rows }'));
    await expect(create({ query: () => ({ rows: [[1]] }) })).rejects.toMatchObject(
      unusable('no objects'),
    );
    expect(await rowCounts(engine)).toEqual(before);
    await pool.end();
    await engine.finish();
  });

  test('also where the database is another, with the same schema or without', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const elsewhere = await freshDatabase();
    const stranger = new pg.Client({ connectionString: elsewhere.url });
    await stranger.connect();
    const create = () => engine.tasker.create('greet', request, { transaction: fromPg(stranger) });

    await stranger.query('begin');
    await expect(create()).rejects.toMatchObject(unusable(`without the schema "${engine.schema}"`));
    await stranger.query('rollback');
    await stranger.query(`create schema "${engine.schema}"`);
    const copy = connectPg({ connectionString: elsewhere.url });
    await migrate(copy, { schema: engine.schema, migrations: MIGRATIONS });
    await copy.close();
    await stranger.query('begin');
    await expect(create()).rejects.toMatchObject(unusable('on a database without the schema'));
    const { rows } = await stranger.query(`select count(*)::int as n from ${engine.schema}.tasks`);
    expect(rows).toEqual([{ n: 0 }]); // and it is usable
    await stranger.end();
    await elsewhere.drop();
    await engine.finish();
  });

  test('but a copy that has taken the place of the database is', async () => {
    const schema = 'copied';
    await migrate(database.db(), { schema, migrations: MIGRATIONS });
    const parts = partsOn(database.db(), schema);
    await client().query('begin');
    const created = await createInTransaction(parts, greet, {
      requests: [request],
      options: { transaction: fromPg(client()) },
      joining: { databaseMark: 'of the one before', hint: null },
    });
    await client().query('commit');
    expect(await parts.store.findTask(database.db(), created[0]?.taskId ?? 0)).not.toBeNull();
  });

  test('nor is an option that does not exist', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const create = (options: object) =>
      engine.tasker.create('greet', request, options as CreateOptions); // sound: as plain JavaScript could
    const transaction = fromPg(client());

    await expect(create({ transaction, notfy: true })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('notify') as string,
    });
    await refused(create({ transaction, notify: 'yes' }), 'INVALID_OPTION');
    await refused(create({}), 'TRANSACTION_UNUSABLE');
    await engine.finish();
  });

  test('and one that waits for a connection to store a definition on gives up', async () => {
    const schema = 'without_connections';
    await migrate(database.db(), { schema, migrations: MIGRATIONS });
    const parts = partsOn(database.db(), schema);
    const mark = await parts.store.databaseMark(database.db(), null);
    const asked = gate();
    const save = () => {
      asked.open();
      return new Promise<never>(() => undefined); // a pool without a free connection
    };
    await client().query('begin');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const created = createInTransaction({ ...parts, pinned: { ...parts.pinned, save } }, greet, {
        requests: [request],
        options: { transaction: fromPg(client()) },
        joining: { databaseMark: mark ?? '', hint: null },
      });
      const outcome = created.catch((error: unknown) => error);
      await asked.opened;
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await outcome).toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringContaining('needs room for one more') as string,
      });
    } finally {
      vi.useRealTimers();
    }
    await client().query('rollback');
  });
});

describe('the embedded database [pglite]', () => {
  const database = pgliteDatabase();

  test('has no connection for a transaction of the caller, and says so', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const transaction = { query: () => Promise.reject(new Error('never asked')) };
    await expect(engine.tasker.create('greet', request, { transaction })).rejects.toMatchObject({
      code: 'TRANSACTION_UNUSABLE',
      message: expect.stringContaining('the embedded database has one connection') as string,
    });
    await engine.finish();
  });
});
