import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectPg } from '../../src/db/pg.ts';
import { fromPg } from '../../src/db/transactions/from-pg.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { assembleTasker } from '../../src/tasker.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { startEngine, until, type Engine } from '../support/engine.ts';
import { by, recordEvents, refused, rowCounts, settled, statuses } from './lab.ts';

const greet = defineTask({ name: 'greet', identity: 'none' }, (t) => ({
  text: t.step('text', {}, ({ context }) => `hello ${JSON.stringify(context)}`),
}));
const pair = defineTask({ name: 'pair' }, (t) => {
  const one = t.step('one', {}, () => 1);
  t.step('two', { dependsOn: { one } }, () => 2);
});
const request = { ...by, context: {} };
/** Longer than any test waits: what runs nevertheless was told of. */
const DEAF = { pollInterval: '1m' } as const;

describeOnPostgres('creating in a transaction of the caller', () => {
  const database = postgresDatabase();
  const clients: pg.Client[] = [];
  let client: pg.Client;

  const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
    const made = new pg.Client({ connectionString: database.url() ?? '', ...config });
    clients.push(made);
    await made.connect();
    return made;
  };
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => Promise.all(clients.map((one) => one.end())));

  test('the commit makes the task exist, and has it run at once by a worker elsewhere', async () => {
    const engine = await startEngine(database, { worker: DEAF });
    const other = await startEngine(database, { worker: false, schema: engine.schema });
    await settled(engine.tasker, (await engine.tasker.create(greet, request)).taskId);
    const seen = recordEvents(other.tasker, ['task.created']);

    await client.query('begin');
    const created = await other.tasker.create(greet, request, { transaction: fromPg(client) });
    expect(created).toMatchObject({ created: true });
    await refused(engine.tasker.task(created.taskId), 'TASK_NOT_FOUND');
    await client.query('commit');

    expect(await created.result({ timeout: '10s' })).toEqual({ text: 'hello {}' });
    expect(await statuses(engine.tasker, created.taskId)).toEqual(['text complete']);
    expect(seen).toEqual([]); // this process never knew whether the caller would commit
    await other.tasker.stop();
    await engine.finish();
  });

  test('a rollback leaves nothing, and the same key can be used again', async () => {
    const engine = await startEngine(database);
    await engine.tasker.create(pair, { ...request, context: { n: 1 } });
    await until('the first task is over', async () => {
      const page = await engine.tasker.tasks();
      return page.tasks.every((task) => task.complete);
    });
    const before = await rowCounts(engine);
    const keyed = { ...request, context: { n: 2 }, idempotencyKey: 'K' };

    await client.query('begin');
    const { taskId } = await engine.tasker.create('pair', keyed, { transaction: fromPg(client) });
    await client.query('rollback');

    await refused(engine.tasker.task(taskId), 'TASK_NOT_FOUND');
    expect(await rowCounts(engine)).toEqual(before);
    const again = await engine.tasker.create('pair', { ...keyed, context: { n: 3 } });
    expect(again.created).toBe(true);
    expect(await settled(engine.tasker, again.taskId)).toEqual(['one complete', 'two complete']);
    await engine.finish();
  });

  test('rows of the caller and tasks stand or fall together, also with a savepoint of the caller', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    await client.query('create table if not exists orders (id int primary key, task_id bigint)');
    const order = async (id: number) => {
      const options = { transaction: fromPg(client) };
      const { taskId } = await engine.tasker.create('greet', { context: { id } }, options);
      await client.query('insert into orders values ($1, $2)', [id, taskId]);
    };

    await client.query('begin');
    await order(1);
    await client.query('savepoint mine');
    await order(2);
    await client.query('rollback to savepoint mine');
    await order(3);
    await client.query('commit');

    const { rows } = await client.query<{ id: number; task_id: string }>(
      'select * from orders order by id',
    );
    const tasks = await engine.tasker.tasksByIds(rows.map((row) => Number(row.task_id)));
    expect(rows.map((row) => row.id)).toEqual([1, 3]);
    expect(tasks.map((task) => task.context)).toEqual([{ id: 1 }, { id: 3 }]);
    expect(await rowCounts(engine)).toMatchObject({ tasks: 2 });
    await engine.finish();
  });

  test('a request that is refused before or by the database leaves the transaction usable', async () => {
    const engine = await startEngine(database, { worker: false });
    const strict = defineTask(
      { name: 'strict', schema: { type: 'object', required: ['n'] } },
      (t) => void t.step('only', {}, () => 1),
    );
    await engine.tasker.register(strict);
    const existing = await engine.tasker.create('strict', {
      context: { n: 1 },
      idempotencyKey: 'taken',
    });
    let statements = 0;
    const transaction = {
      query: (text: string, values: (string | null)[]) => {
        statements += 1;
        return client.query<Record<string, unknown>>(text, values);
      },
    };
    const create = (asked: object) =>
      engine.tasker.create('strict', { context: {}, ...asked }, { transaction });
    const many = (...asked: object[]) => {
      const requests = asked.map((one) => ({ context: {}, ...one }));
      return engine.tasker.createMany('strict', requests, { transaction });
    };

    await client.query('begin');
    await refused(create({ context: {} }), 'INVALID_CONTEXT');
    await refused(many({ context: { n: 2 } }, { priority: 5_000 }), 'INVALID_CONTEXT');
    expect(statements).toBe(0);
    await refused(create({ context: { n: 2 }, idempotencyKey: 'taken' }), 'IDEMPOTENCY_CONFLICT');
    await expect(
      many({ context: { n: 3 } }, { context: { n: 4 } }, { context: { n: 3 } }),
    ).rejects.toMatchObject({
      code: 'DUPLICATE_TASK',
      message: expect.stringContaining('Request 3 of 3') as string,
    });
    expect(await create({ context: { n: 1 }, idempotencyKey: 'taken' })).toEqual({
      taskId: existing.taskId,
      created: false,
    });
    const [five] = await many({ context: { n: 5 } }, { context: { n: 6 } });
    await client.query('commit');

    const contexts = await engine.sql(`select context->'n' as n from {schema}.tasks order by 1`);
    expect(contexts.map(({ n }) => n)).toEqual([1, 5, 6]);
    expect((await engine.tasker.task(five?.taskId ?? 0)).context).toEqual({ n: 5 });
    await engine.finish();
  });

  test('more tasks than one statement takes are created in one transaction', async () => {
    const engine = await startEngine(database, { worker: false });
    const requests = Array.from({ length: 1_100 }, (_, n) => ({ ...by, context: { n } }));

    await client.query('begin');
    const created = await engine.tasker.createMany(greet, requests, {
      transaction: fromPg(client),
    });
    expect(await engine.tasker.countTasks()).toMatchObject({ count: 0 });
    await client.query('commit');

    expect(new Set(created.map((task) => task.taskId)).size).toBe(1_100);
    expect((await engine.tasker.task(created[1_099]?.taskId ?? 0)).context).toEqual({ n: 1_099 });
    await engine.finish();
  });

  test('a definition that is first created in a transaction that is rolled back is stored all the same', async () => {
    const engine = await startEngine(database);
    const fresh = defineTask({ name: 'fresh' }, (t) => void t.step('only', {}, () => 1));
    const transaction = fromPg(client);

    await client.query('begin');
    await engine.tasker.create(fresh, { ...request, context: { n: 1 } }, { transaction });
    await client.query('rollback');
    await client.query('begin');
    const inside = await engine.tasker.create(fresh, request, { transaction });
    await client.query('commit');
    const outside = await engine.tasker.create('fresh', { context: { n: 1 } });

    for (const { taskId } of [inside, outside])
      expect(await settled(engine.tasker, taskId)).toEqual(['only complete']);
    expect((await engine.tasker.storedDefinitions()).map(({ name }) => name)).toEqual(['fresh']);
    await engine.finish();
  });

  describe.each(['read committed', 'repeatable read', 'serializable'])('with %s', (level) => {
    test('a definition that is stored after the snapshot, and one before it, can be used', async () => {
      const engine = await startEngine(database);
      await client.query(`begin isolation level ${level}`);
      await client.query('select 1 from pg_class limit 1'); // takes the snapshot
      const options = { transaction: fromPg(client) };
      const created = await engine.tasker.create(pair, request, options);
      await client.query('commit');
      expect(await settled(engine.tasker, created.taskId)).toEqual([
        'one complete',
        'two complete',
      ]);
      await engine.finish();
    });
  });

  test('of five transactions with one key, one creates the task once the first has rolled back', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(pair);
    const keyed = { ...request, idempotencyKey: 'race' };
    const sessions = await Promise.all(Array.from({ length: 5 }, () => connect()));
    for (const session of sessions) await session.query('begin');
    const [first, ...others] = sessions as [pg.Client, ...pg.Client[]]; // sound: five were made
    await engine.tasker.create('pair', keyed, { transaction: fromPg(first) });

    const answers = others.map(async (session) => {
      const answer = await engine.tasker.create('pair', keyed, { transaction: fromPg(session) });
      await session.query('commit');
      return answer;
    });
    await until('the others wait for the first', async () => {
      const [row] = await engine.sql(
        `select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return row?.['count'] === 4;
    });
    await first.query('rollback');
    const settledAnswers = await Promise.all(answers);

    expect(settledAnswers.filter((answer) => answer.created)).toHaveLength(1);
    expect(new Set(settledAnswers.map((answer) => answer.taskId)).size).toBe(1);
    expect(await rowCounts(engine)).toMatchObject({ tasks: 1, task_identities: 1 });
    await engine.finish();
  });

  test('a serialization failure comes as the client reports it, and the decision is the caller’s', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(pair);
    const keyed = { ...request, idempotencyKey: 'serial' };
    await client.query('begin isolation level repeatable read');
    await client.query('select 1 from pg_class limit 1');
    const winner = await engine.tasker.create('pair', keyed);

    const late = engine.tasker.create('pair', keyed, { transaction: fromPg(client) });
    await expect(late).rejects.toBeInstanceOf(pg.DatabaseError);
    await expect(late).rejects.toMatchObject({ code: '40001' });
    const next = engine.tasker.create('pair', keyed, { transaction: fromPg(client) });
    await expect(next).rejects.toMatchObject({ code: '25P02' }); // aborted: theirs to roll back
    await client.query('rollback');
    await client.query('begin isolation level repeatable read');
    expect(await engine.tasker.create('pair', keyed, { transaction: fromPg(client) })).toEqual({
      taskId: winner.taskId,
      created: false,
    });
    await client.query('commit');
    await engine.finish();
  });

  test('a hint can be left to the polling of the workers', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const heard: (string | undefined)[] = [];
    const listener = await connect();
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query(`listen "tasker_${engine.schema}"`);
    const transaction = fromPg(client);

    await client.query('begin');
    await engine.tasker.create('greet', request, { transaction, notify: false });
    await client.query('commit');
    await client.query('begin');
    await engine.tasker.create('greet', request, { transaction });
    await engine.tasker.create('greet', request, { transaction });
    await client.query('commit');
    await client.query('select pg_notify($1, $2)', [`tasker_${engine.schema}`, 'the end']);

    await until('all is heard', () => heard.includes('the end'));
    expect(heard).toEqual(['work', 'the end']); // one for both, none without
    await engine.finish();
  });

  test('a pool of one connection is enough once the definition is stored', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.create(greet, request);
    const pool = new pg.Pool({ connectionString: database.url() ?? '', max: 1 });
    const db = connectPg({ pool });
    const small = assembleTasker({ schema: engine.schema, worker: false, notify: false }, () =>
      Promise.resolve({ db, shown: 'a pool of one' }),
    );
    await small.register(greet);
    await small.start();
    const held = await pool.connect();

    await held.query('begin');
    const created = await small.create('greet', request, { transaction: fromPg(held) });
    await held.query('commit');
    held.release();

    expect((await small.task(created.taskId)).status).toBe('pending');
    await small.stop();
    await pool.end();
    await engine.finish();
  });
});

describeOnEachDatabase('tasks of one call', (database) => {
  test('are stored all or none when the database fails between two statements', async () => {
    let inserts = 0;
    const engine: Engine = await startEngine(database, { worker: false }, (db) => ({
      ...db,
      kind: db.kind,
      query: (statement) => db.query(statement),
      transaction: (work) =>
        db.transaction((tx) =>
          work({
            script: (text) => tx.script(text),
            query(statement) {
              if (statement.name?.includes('insert-tasks') === true && ++inserts === 2)
                throw new Error('the network broke');
              return tx.query(statement);
            },
          }),
        ),
    }));
    await engine.tasker.register(greet);
    const requests = Array.from({ length: 600 }, () => ({ context: {} }));

    await expect(engine.tasker.createMany('greet', requests)).rejects.toThrow('the network broke');
    expect(inserts).toBe(2);
    expect(await rowCounts(engine)).toMatchObject({ tasks: 0, workflow_steps: 0, ready_steps: 0 });
    await engine.finish();
  });

  test('must be a list', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(greet);
    const noList: unknown = { context: {} };
    await refused(engine.tasker.createMany('greet', noList as []), 'INVALID_REQUEST'); // sound: as plain JavaScript could
    expect(await engine.tasker.createMany('greet', [])).toEqual([]);
    await engine.finish();
  });
});
