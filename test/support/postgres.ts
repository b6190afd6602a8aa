import { randomBytes } from 'node:crypto';
import pg from 'pg';

export { startPostgres, type PostgresServer } from '../../scripts/postgres/launcher.mjs';

/** Set by the global setup; see there for where the server comes from. */
export const POSTGRES_URL_VARIABLE = 'TASKER_TEST_POSTGRES_URL';

/** A database of its own on the test server. */
export interface FreshDatabase {
  readonly url: string;
  /** Ends its sessions and removes it. Twice is fine. */
  readonly drop: () => Promise<void>;
}

/** The test server (superuser, database `postgres`), or undefined when this machine has none. */
export function postgresUrl(): string | undefined {
  return process.env[POSTGRES_URL_VARIABLE];
}

/** Creates an empty database. The caller drops it. @throws when there is no server: guard the suite with `describeOnPostgres` */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `tasker_test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name}`);
  const url = new URL(requireUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: requireUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function requireUrl(): string {
  const url = postgresUrl();
  if (url === undefined) {
    throw new Error('There is no PostgreSQL server: wrap the suite in describeOnPostgres');
  }
  return url;
}
