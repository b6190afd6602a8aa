import { afterAll, beforeAll, describe } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { connectPg } from '../../src/db/pg.ts';
import { connectPglite } from '../../src/db/pglite.ts';
import { freshDatabase, postgresUrl, type FreshDatabase } from './postgres.ts';

/** The database that one run of a suite works on: empty, its own, gone afterwards. */
export interface TestDatabase {
  readonly kind: 'postgres' | 'pglite';
  /** A name to migrate into; the schema does not exist yet. */
  readonly schema: string;
  /** The connection; it exists while the tests and hooks of the suite run. */
  db(): Db;
  /** For connections of one's own; null on PGlite, which has only the one. */
  url(): string | null;
}

/**
 * Runs the same suite on PostgreSQL and on PGlite. The suites are called `<name> [postgres]` and `<name> [pglite]`; the closing
 * line counts by these tags. Without a server the first is skipped.
 *
 * describeOnEachDatabase('claiming', (database) => {
 *   test('takes the oldest step', async () => { … database.db() … });
 * });
 */
export function describeOnEachDatabase(name: string, body: (database: TestDatabase) => void): void {
  describeOnPostgres(name, () => body(postgresDatabase()));
  describe(`${name} [pglite]`, () => body(pgliteDatabase()));
}

/** A suite that needs a PostgreSQL server: skipped, and counted as skipped, where there is none. */
export function describeOnPostgres(name: string, body: () => void): void {
  describe.skipIf(postgresUrl() === undefined)(`${name} [postgres]`, body);
}

/** A database on the test server for the suite that calls it; use it inside `describeOnPostgres`. */
export function postgresDatabase(): TestDatabase {
  let database: FreshDatabase | undefined;
  let db: Db | undefined;
  beforeAll(async () => {
    database = await freshDatabase();
    db = connectPg({ connectionString: database.url });
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });
  return {
    kind: 'postgres',
    schema: 'tasker',
    db: () => present(db),
    url: () => present(database).url,
  };
}

/** An embedded database in memory for the suite that calls it. */
export function pgliteDatabase(): TestDatabase {
  let db: Db | undefined;
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures from this pattern
  beforeAll(async ({}, { file }) => {
    db = await connectPglite({ directory: null });
    const { rows } = await db.query({ text: 'show server_version' });
    file.meta.pglite = String(rows[0]?.['server_version']).split(' ')[0] ?? 'of unknown version';
  });
  afterAll(async () => {
    await db?.close();
  });
  return { kind: 'pglite', schema: 'tasker', db: () => present(db), url: () => null };
}

function present<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Error('The database exists only while the tests of its suite run');
  return value;
}
