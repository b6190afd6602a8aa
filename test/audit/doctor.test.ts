import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import { doctor } from '../../src/engine/doctor.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { DoctorFinding } from '../../src/engine/types.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { tables } from '../../src/store/tables.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
  type TestDatabase,
} from '../support/each-database.ts';
import { soundState } from './sound-state.ts';

const SCHEMA = 'examined';
const t = tables(SCHEMA);

describeOnEachDatabase('doctor', (database) => {
  storeSoundState(database);

  test('reports a healthy database line by line (row 35)', async () => {
    const db = database.db();

    const found = await doctor(db, t, { clock: systemClock });

    const onServer = [
      'durability',
      'connections',
      'transactions',
      'schema',
      'workers',
      'leases',
      'queues',
      'tables',
    ];
    const expected =
      db.kind === 'postgres' ? onServer : ['durability', 'schema', 'workers', 'leases', 'queues'];
    expect(found.map(({ check }) => check)).toEqual(['server', 'clock', ...expected]);
    expect(found.filter(({ level }) => level === 'problem')).toEqual([]);
    expect(byCheck(found, 'server')).toMatch(/^PostgreSQL \d+\.\d+/);
    expect(byCheck(found, 'schema')).toBe(
      `Schema "${SCHEMA}" is up to date (${MIGRATIONS.at(-1)?.name})`,
    );
    expect(byCheck(found, 'workers')).toBe('1 alive, 0 silent, 1 lost in the last hour');
    expect(byCheck(found, 'leases')).toBe(
      '4 attempts were lost with their worker in the last hour; their steps were given back',
    );
    expect(byCheck(found, 'queues')).toMatch(
      /^Queue default: 1 due, the first for [\d.]+m?s; 1 wait for a retry, the next in \d\ds; 1 workers serve it$/,
    );
  });

  test('every finding that is not fine says what to do', async () => {
    const db = database.db();
    await db.script(`update ${t.workers} set lease_expires_at = now() - interval '1 second'`);

    const found = await doctor(db, t, { clock: systemClock });

    expect(byCheck(found, 'workers')).toBe('0 alive, 1 silent, 1 lost in the last hour');
    expect(byCheck(found, 'leases')).toBe('4 steps are held by workers that are gone');
    for (const { level, hint } of found) expect(hint === undefined).toBe(level === 'ok');
  });

  test('stops at a schema that lacks migrations', async () => {
    const db = database.db();

    const lacking = await doctor(db, t, {
      clock: systemClock,
      migrations: [...MIGRATIONS, { name: '9999_next', sql: 'select 1' }].map(renumber),
    });
    const missing = await doctor(db, tables('nowhere'), { clock: systemClock });

    expect(lacking.at(-1)).toMatchObject({
      check: 'schema',
      level: 'problem',
      hint: 'Run `tasker migrate`.',
    });
    expect(missing.at(-1)?.message).toContain('Schema "nowhere" lacks 0001_initial');
  });

  test('measures this machine against the clock of the database', async () => {
    const clock = { now: () => new Date(Date.now() - 3_600_000) };

    const found = await doctor(database.db(), t, { clock });

    expect(byCheck(found, 'clock')).toMatch(
      /^The clock of the database is (1h|59m 59s) ahead of this machine's$/,
    );
  });

  test('a check that fails is a finding, and the others go on', async () => {
    const db = database.db();
    await db.script(`alter table ${t.ready_steps} rename to hidden`);

    const found = await doctor(db, t, { clock: systemClock });

    expect(found.find(({ check }) => check === 'queues')).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('could not be checked'),
    });
    expect(byCheck(found, 'workers')).toContain('alive');
  });
});

describeOnPostgres('doctor on a server', () => {
  const database = postgresDatabase();
  storeSoundState(database);

  test('names the session that is idle in a long transaction', async () => {
    const other = new pg.Client({
      connectionString: database.url() ?? '',
      application_name: 'forgetful',
    });
    await other.connect();
    try {
      await other.query('begin');
      const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
      // pg_stat_activity is the view that the check reads: here it shows the transaction as an hour old
      await database.db().script(`
        create schema if not exists aged;
        create or replace view aged.pg_stat_activity as
          select datname, pid, application_name, state, backend_type, xact_start - interval '1 hour' as xact_start
            from pg_catalog.pg_stat_activity`);
      const aged = connectPg({
        connectionString: `${database.url()}?options=-c%20search_path%3Daged,pg_catalog`,
        max: 1,
      });
      try {
        const found = (await doctor(aged, t, { clock: systemClock })).filter(
          ({ check }) => check === 'transactions',
        );

        expect(found).toContainEqual({
          check: 'transactions',
          level: 'problem',
          message: expect.stringMatching(
            new RegExp(
              `^Process ${rows[0]?.pid} \\(forgetful\\), idle in transaction, has been open for 1h`,
            ),
          ),
          hint: `End it: select pg_terminate_backend(${rows[0]?.pid}).`,
        });
      } finally {
        await aged.close();
      }
    } finally {
      await other.end();
    }
  });

  test('names a table that is mostly dead rows', async () => {
    const db = database.db();
    const { rows } = await db.query({
      text: `select current_setting('server_version_num')::int >= 150000 as can_flush`,
    });
    await db.script(`alter table ${t.ready_steps} set (autovacuum_enabled = off)`);
    await db.transaction((tx) =>
      tx.script(`
        insert into ${t.ready_steps} select 77, now(), i, 1, 0, true, 'default' from generate_series(1, 10002) as i;
        delete from ${t.ready_steps} where task_id = 77;
        ${rows[0]?.['can_flush'] === true ? 'select pg_stat_force_next_flush()' : ''}`),
    );

    await expect
      .poll(async () => byCheck(await doctor(db, t, { clock: systemClock }), 'tables'), {
        timeout: 10_000,
      })
      .toMatch(/^Table ready_steps has 1000\d dead rows and 2 live ones/);
  });
});

describe('doctor without a database', () => {
  test('says only that the database cannot be reached', async () => {
    const db = connectPg({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });

    const found = await doctor(db, t, { clock: systemClock });
    await db.close();

    expect(found).toEqual([
      {
        check: 'server',
        level: 'problem',
        message: expect.stringContaining('cannot be reached'),
        hint: expect.any(String),
      },
    ]);
  });
});

function storeSoundState(database: TestDatabase): void {
  beforeEach(async () => {
    await database.db().script(`drop schema if exists ${t.schema} cascade`);
    await migrate(database.db(), { schema: SCHEMA, migrations: MIGRATIONS });
    await database.db().script(soundState(t));
  });
}

function renumber(migration: { readonly name: string; readonly sql: string }, index: number) {
  return { ...migration, name: `${String(index + 1).padStart(4, '0')}${migration.name.slice(4)}` };
}

function byCheck(found: readonly DoctorFinding[], check: string): string | undefined {
  return found.find((finding) => finding.check === check)?.message;
}
