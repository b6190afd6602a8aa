import type { QueryArrayConfig, QueryConfig } from 'pg';

import type { Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { QueryResult, Row, Statement } from './db.ts';
import { LOOK_UP_TYPES } from './user-types.ts';
import type { Column, UserTypes } from './user-types.ts';
import { encodeValue } from './value-types.ts';

/** The part of a `pg.Client` from a pool that is used here. */
export interface PoolClient {
  query(config: QueryConfig | string): Promise<DriverResult>;
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** What the driver answers. `command` is null when no command tag came. */
export interface DriverResult {
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly rows: readonly Row[];
  readonly fields: readonly Column[];
}

/**
 * How long a client waits for one answer, be it to a statement or to `begin` and `commit`. Longer than the server's own statement timeout (30 s), so it fires only when the answer
 * is never going to come: a half-open connection.
 */
export const ANSWER_TIMEOUT_MS = 35_000;

/** Checks at the boundary to the driver that a pool gave something that behaves like a client. */
export function asPoolClient(value: unknown): PoolClient {
  if (typeof value !== 'object' || value === null) throw notAClient();
  for (const method of ['query', 'release', 'on', 'off']) {
    if (typeof Reflect.get(value, method) !== 'function') throw notAClient();
  }
  return value as PoolClient; // sound: every method that is used was just checked
}

/** Runs one statement on one client. @throws DATABASE_FAULT when the answer has no command tag */
export async function runOn(
  client: PoolClient,
  statement: Statement,
  types: UserTypes,
): Promise<QueryResult> {
  const result = await client.query(toConfig(statement, types));
  if (result.command === null) {
    throw new TaskerError('DATABASE_FAULT', { problem: 'an answer came without its command tag' });
  }
  const rowCount = result.rowCount ?? 0;
  if (result.rows.length === 0) return { rows: result.rows, rowCount };
  if (!types.hasUnknown(result.fields)) return { rows: result.rows, rowCount };
  const rows = await types.learn(result.fields, result.rows, (oids) => lookUp(client, oids, types));
  return { rows, rowCount };
}

/** Begins or ends a transaction: no statement of anybody's, and as little to be waited for without end. */
export function control(
  client: PoolClient,
  text: string,
  answerMs: Milliseconds,
): Promise<DriverResult> {
  const config: QueryConfig & { query_timeout: number } = { text, query_timeout: answerMs };
  return client.query(config);
}

async function lookUp(
  client: PoolClient,
  oids: readonly number[],
  types: UserTypes,
): Promise<{ oid: number; element: number }[]> {
  const { rows } = await runOn(client, { text: LOOK_UP_TYPES, values: [oids] }, types);
  return rows.map((row) => ({ oid: Number(row['oid']), element: Number(row['typelem']) }));
}

type DriverConfig = QueryConfig &
  Partial<Pick<QueryArrayConfig, 'types'>> & { query_timeout: number; queryMode: 'extended' };

function toConfig(statement: Statement, types: UserTypes): DriverConfig {
  return {
    text: statement.text,
    values: (statement.values ?? []).map(encodeValue),
    ...(statement.name === undefined ? {} : { name: statement.name }),
    // The parsers travel with the query: pg's global table belongs to the host application.
    types: types.forDriver,
    query_timeout: statement.answerWithinMs ?? ANSWER_TIMEOUT_MS,
    queryMode: 'extended', // one statement, one answer, even without values
  };
}

function notAClient(): TaskerError {
  return new TaskerError('INVALID_OPTION', {
    option: 'database.pool',
    problem: 'its connect() does not give a pg client',
  });
}
