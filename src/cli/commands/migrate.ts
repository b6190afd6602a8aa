import type { Command } from 'commander';
import { TaskerError, isTaskerError } from '../../kernel/errors.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { refuseRemote } from '../remote.ts';
import { createSession } from '../session.ts';

interface MigrateOptions {
  readonly sql?: boolean;
  readonly check?: boolean;
}

/** The schema that is used when nothing else is said. */
const DEFAULT_SCHEMA = 'tasker';

/** `tasker migrate`: makes the database ready. */
export function addMigrateCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('migrate')
    .summary('create or update the tables')
    .description(
      'Applies the migrations that the database lacks. Running it twice, or in two places at once, is fine.',
    )
    .option(
      '--sql',
      'print the statements for a database administrator; nothing is connected or changed',
    )
    .option('--check', 'change nothing; exit with 78 when a migration is missing');
  perform<MigrateOptions>(command, cli, migrate);
}

async function migrate(invocation: Invocation<MigrateOptions>): Promise<number> {
  const { options } = invocation;
  refuseRemote(invocation);
  if (options.sql === true && options.check === true) {
    throw new TaskerError('INVALID_REQUEST', { problem: '--sql and --check exclude each other' });
  }
  if (options.sql === true) return printScript(invocation);
  return options.check === true ? check(invocation) : apply(invocation);
}

async function printScript({
  options,
  io,
  screen,
  toolbox,
}: Invocation<MigrateOptions>): Promise<number> {
  const schema = options.schema ?? io.environment.schema ?? DEFAULT_SCHEMA;
  const sql = await toolbox.migrationScript(schema);
  if (screen.json) screen.document({ schema, sql });
  else screen.print(sql.trimEnd());
  return 0;
}

/** Starting refuses a schema that is not up to date, and changes nothing. */
async function check(invocation: Invocation<MigrateOptions>): Promise<number> {
  const { screen } = invocation;
  const tasker = await createSession(invocation, { migrate: false });
  try {
    await tasker.start();
    if (screen.json) screen.document({ up_to_date: true });
    else screen.print(`${screen.style.good('✓')} the schema is up to date`);
    return 0;
  } catch (error) {
    if (!screen.json || !isTaskerError(error, 'SCHEMA_NOT_MIGRATED')) throw error;
    screen.document({ up_to_date: false, problem: error.message });
    return error.exitCode;
  } finally {
    await tasker.stop();
  }
}

async function apply(invocation: Invocation<MigrateOptions>): Promise<number> {
  const { screen } = invocation;
  const tasker = await createSession(invocation, { createsDatabase: true, migrate: false });
  try {
    const applied = await tasker.migrate();
    if (screen.json) {
      screen.document({ applied });
      return 0;
    }
    for (const name of applied) screen.print(`${screen.style.good('✓')} ${name}`);
    if (applied.length === 0) screen.print(`${screen.style.good('✓')} the schema is up to date`);
    return 0;
  } finally {
    await tasker.stop();
  }
}
