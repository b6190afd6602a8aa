import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { Db } from '../../src/db/db.ts';
import { checkMigrated, migrate, migrationSql, pendingMigrations } from '../../src/db/migrate.ts';
import { connectPg } from '../../src/db/pg.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { describeOnEachDatabase, describeOnPostgres } from '../support/each-database.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';

const first = {
  name: '0001_initial',
  sql: 'create table {schema}.a (id int);\n-- "{schema}"\ncreate table {schema}.b (id int);',
};
const second = { name: '0002_more', sql: 'alter table {schema}.a add column name text;' };

describeOnEachDatabase('migrating', (database) => {
  const db = (): Db => database.db();
  beforeEach(() => db().script('drop schema if exists tasker cascade'));

  test('a new schema gets every migration, in order, once (row 23)', async () => {
    const options = { schema: 'tasker', migrations: [first, second] };
    expect(await pendingMigrations(db(), options)).toEqual(['0001_initial', '0002_more']);
    expect(await migrate(db(), options)).toEqual(['0001_initial', '0002_more']);
    expect(await migrate(db(), options)).toEqual([]);
    expect(await pendingMigrations(db(), options)).toEqual([]);
    await checkMigrated(db(), options);
    await db().query({ text: "insert into tasker.a (id, name) values (1, 'x')" });
  });

  test('an older schema gets only what it lacks', async () => {
    await migrate(db(), { schema: 'tasker', migrations: [first] });
    const options = { schema: 'tasker', migrations: [first, second] };
    await expect(checkMigrated(db(), options)).rejects.toMatchObject({
      code: 'SCHEMA_NOT_MIGRATED',
      message: expect.stringContaining('0002_more') as unknown,
    });
    expect(await migrate(db(), options)).toEqual(['0002_more']);
  });

  test('looking at a database that has nothing changes nothing', async () => {
    await expect(
      checkMigrated(db(), { schema: 'tasker', migrations: [first] }),
    ).rejects.toMatchObject({
      code: 'SCHEMA_NOT_MIGRATED',
      message: expect.stringContaining('does not exist') as unknown,
    });
    const { rows } = await db().query({
      text: "select to_regnamespace('tasker') is null as is_absent",
    });
    expect(rows).toEqual([{ is_absent: true }]);
  });

  test('a migration that changed after it was applied is refused (row 23)', async () => {
    await migrate(db(), { schema: 'tasker', migrations: [first] });
    const changed = { schema: 'tasker', migrations: [{ ...first, sql: `${first.sql} ` }, second] };
    await expect(migrate(db(), changed)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    await expect(checkMigrated(db(), changed)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
  });

  test('a schema of a newer version is refused', async () => {
    await migrate(db(), { schema: 'tasker', migrations: [first, second] });
    const older = { schema: 'tasker', migrations: [first] };
    await expect(migrate(db(), older)).rejects.toMatchObject({
      code: 'SCHEMA_NOT_MIGRATED',
      message: expect.stringContaining('newer version') as unknown,
    });
  });

  test('a migration that fails leaves nothing of itself and can be repeated', async () => {
    const broken = { name: '0002_more', sql: 'create table {schema}.c (id int); select 1/0;' };
    const work = migrate(db(), { schema: 'tasker', migrations: [first, broken] });
    await expect(work).rejects.toMatchObject({ code: '22012' });
    const { rows } = await db().query({
      text: "select to_regclass('tasker.c') is null as is_absent",
    });
    expect(rows).toEqual([{ is_absent: true }]);
    expect(await migrate(db(), { schema: 'tasker', migrations: [first, second] })).toEqual([
      '0002_more',
    ]);
  });

  test('migrations with gaps or odd names are refused before anything is done', async () => {
    const work = migrate(db(), { schema: 'tasker', migrations: [second] });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
  });

  test('a schema name that would need quoting is refused', async () => {
    for (const schema of ['Tasker', 'a"b', 'a b', '', 'x'.repeat(64)]) {
      await expect(migrate(db(), { schema, migrations: [first] })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    }
  });

  test('the printed script does what migrating does', async () => {
    const options = { schema: 'tasker', migrations: [first, second] };
    await db().script(migrationSql(options));
    await checkMigrated(db(), options);
    expect(await migrate(db(), options)).toEqual([]);
  });

  test("the package's own migrations apply, as a call and as a script", async () => {
    const options = { schema: 'tasker', migrations: MIGRATIONS };
    expect(await migrate(db(), options)).toEqual(MIGRATIONS.map(({ name }) => name));
    await db().script('drop schema tasker cascade');
    await db().script(migrationSql(options));
    await checkMigrated(db(), options);
  });

  test('two schemas of one database do not meet', async () => {
    await migrate(db(), { schema: 'tasker', migrations: [first, second] });
    await db().script('drop schema if exists tasker_b cascade');
    expect(await migrate(db(), { schema: 'tasker_b', migrations: [first] })).toEqual([
      '0001_initial',
    ]);
  });
});

describeOnPostgres('migrating from many processes', () => {
  let fresh: FreshDatabase;
  let pools: readonly Db[];
  beforeAll(async () => {
    fresh = await freshDatabase();
    pools = Array.from({ length: 8 }, () => connectPg({ connectionString: fresh.url, max: 1 }));
  });
  afterAll(async () => {
    await Promise.all(pools.map((db) => db.close()));
    await fresh.drop();
  });

  test('eight migrators at once apply every migration exactly once', async () => {
    const options = { schema: 'tasker', migrations: [first, second] };
    const applied = await Promise.all(pools.map((db) => migrate(db, options)));
    expect(applied.flat().toSorted()).toEqual(['0001_initial', '0002_more']);
  });
});
