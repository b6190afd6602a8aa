import { createHash } from 'node:crypto';

import { TaskerError } from '../kernel/errors.ts';
import type { Connection, Db, Transaction } from './db.ts';

/**
 * Brings a schema to the state that this version of the code expects.
 *
 * I1: migrators take turns: one transaction-level advisory lock per schema, so it works through a pool too.
 * I2: a migration and the row that records it commit together.
 * I3: what was applied is never applied again, and must have the same content as the migration of this version.
 */
export interface Migration {
  /** `0001_initial`: the number is the version; versions are 1, 2, 3 … without gaps. */
  readonly name: string;
  /** `{schema}` stands for the quoted name of the schema. */
  readonly sql: string;
}

export interface MigrateOptions {
  /** A plain lower-case name; it is created when it does not exist. */
  readonly schema: string;
  readonly migrations: readonly Migration[];
}

/**
 * Applies what is missing, in order, each in a transaction of its own. Several processes may do it at once.
 *
 * @returns the names of what this call applied
 * @throws MIGRATION_CHANGED when an applied migration had other content; SCHEMA_NOT_MIGRATED when a newer version made the schema
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<readonly string[]> {
  const known = options.migrations.map(toKnown);
  const applied: string[] = [];
  await db.transaction((tx) => prepareSchema(tx, options.schema));
  for (const migration of known) {
    const isNew = await db.transaction(async (tx) => {
      await lockSchema(tx, options.schema);
      const history = await readHistory(tx, options.schema);
      checkHistory(history, known, options.schema);
      if (history.some(({ version }) => version === migration.version)) return false;
      await applyMigration(tx, migration, options.schema);
      return true;
    });
    if (isNew) applied.push(migration.name);
  }
  return applied;
}

/**
 * The names of the migrations that are missing, in order; all of them when the schema does not exist. Changes nothing.
 *
 * @throws MIGRATION_CHANGED, SCHEMA_NOT_MIGRATED as `migrate`
 */
export async function pendingMigrations(
  db: Connection,
  options: MigrateOptions,
): Promise<readonly string[]> {
  const known = options.migrations.map(toKnown);
  const { rows } = await db.query({
    text: 'select to_regclass($1) is not null as is_there',
    values: [`${quoted(options.schema)}.schema_migrations`],
  });
  const history = rows[0]?.['is_there'] === true ? await readHistory(db, options.schema) : [];
  checkHistory(history, known, options.schema);
  return known
    .filter(({ version }) => !history.some((row) => row.version === version))
    .map(({ name }) => name);
}

/** Makes sure that nothing is missing. @throws SCHEMA_NOT_MIGRATED, MIGRATION_CHANGED */
export async function checkMigrated(db: Connection, options: MigrateOptions): Promise<void> {
  const pending = await pendingMigrations(db, options);
  if (pending.length === 0) return;
  throw new TaskerError('SCHEMA_NOT_MIGRATED', {
    schema: options.schema,
    problem:
      pending.length === options.migrations.length
        ? 'does not exist yet'
        : `lacks ${pending.length} migrations (${pending.join(', ')})`,
  });
}

/**
 * Everything that `migrate` would run on an empty database, as one script for `psql -1`: for people who let nothing but their own
 * tools change a schema. It records the migrations, so `migrate` and `checkMigrated` find them applied.
 */
export function migrationSql({ schema, migrations }: MigrateOptions): string {
  const records = migrations
    .map(toKnown)
    .map(
      ({ version, name, checksum, sql }) =>
        `-- ${name}\n${forSchema(sql, schema).trim()}\n\n` +
        `insert into ${quoted(schema)}.schema_migrations (version, name, checksum) values (${version}, '${name}', '${checksum}');\n`,
    );
  return [`${CREATE_SCHEMA(schema)};\n\n${CREATE_HISTORY(schema)};\n`, ...records].join('\n');
}

interface KnownMigration extends Migration {
  readonly version: number;
  readonly checksum: string;
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

function toKnown(migration: Migration, index: number): KnownMigration {
  const version = Number(/^(\d{4})_[a-z0-9_]+$/.exec(migration.name)?.[1]);
  if (version !== index + 1) {
    throw new TaskerError('DATABASE_FAULT', {
      problem: `migration ${migration.name} is not number ${index + 1}`,
    });
  }
  return {
    ...migration,
    version,
    checksum: createHash('sha256').update(migration.sql).digest('hex'),
  };
}

const CREATE_SCHEMA = (schema: string): string => `create schema if not exists ${quoted(schema)}`;

const CREATE_HISTORY = (
  schema: string,
): string => `create table if not exists ${quoted(schema)}.schema_migrations (
  version    integer primary key,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default statement_timestamp()
)`;

/** Both parts are looked at before they are made: a role that may not create schemas can still migrate one that exists. */
async function prepareSchema(tx: Connection, schema: string): Promise<void> {
  await lockSchema(tx, schema);
  const { rows } = await tx.query({
    text: 'select to_regnamespace($1) is not null as has_schema, to_regclass($2) is not null as has_history',
    values: [quoted(schema), `${quoted(schema)}.schema_migrations`],
  });
  if (rows[0]?.['has_schema'] !== true) await tx.query({ text: CREATE_SCHEMA(schema) });
  if (rows[0]?.['has_history'] !== true) await tx.query({ text: CREATE_HISTORY(schema) });
}

/** I1. The wait for others is longer than that for tables, which must not queue behind it for long. */
async function lockSchema(tx: Connection, schema: string): Promise<void> {
  await tx.query({ text: "set local lock_timeout = '30s'" });
  await tx.query({ text: "set local statement_timeout = '10min'" });
  await tx.query({ text: 'select pg_advisory_xact_lock($1::int8)', values: [lockKey(schema)] });
  await tx.query({ text: "set local lock_timeout = '5s'" });
}

/** 64 bits: the first 32 spell `task`, so that they stay clear of the host's own locks; the rest comes from the schema's name. */
function lockKey(schema: string): string {
  const hash = createHash('sha256').update(schema).digest().readUInt32BE(0);
  return ((0x7461_736bn << 32n) | BigInt(hash)).toString();
}

async function readHistory(
  connection: Connection,
  schema: string,
): Promise<readonly AppliedMigration[]> {
  const { rows } = await connection.query({
    text: `select version, name, checksum from ${quoted(schema)}.schema_migrations order by version`,
  });
  return rows.map((row) => ({
    version: Number(row['version']),
    name: String(row['name']),
    checksum: String(row['checksum']),
  }));
}

/** I3. */
function checkHistory(
  history: readonly AppliedMigration[],
  known: readonly KnownMigration[],
  schema: string,
): void {
  for (const row of history) {
    const migration = known[row.version - 1];
    if (migration === undefined) {
      throw new TaskerError('SCHEMA_NOT_MIGRATED', {
        schema,
        problem: `was made by a newer version of tasker-engine (it has migration ${row.name})`,
      });
    }
    if (migration.checksum !== row.checksum)
      throw new TaskerError('MIGRATION_CHANGED', { schema, migration: row.name });
  }
}

async function applyMigration(
  tx: Transaction,
  migration: KnownMigration,
  schema: string,
): Promise<void> {
  await tx.script(forSchema(migration.sql, schema));
  await tx.query({
    text: `insert into ${quoted(schema)}.schema_migrations (version, name, checksum) values ($1, $2, $3)`,
    values: [migration.version, migration.name, migration.checksum],
  });
}

function forSchema(sql: string, schema: string): string {
  return sql.replaceAll('{schema}', quoted(schema));
}

function quoted(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new TaskerError('INVALID_OPTION', {
      option: 'schema',
      problem: `${JSON.stringify(schema)} is not a plain lower-case name (letters, digits and _)`,
    });
  }
  return `"${schema}"`;
}
