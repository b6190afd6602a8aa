import { existsSync } from 'node:fs';
import { TaskerError } from '../kernel/errors.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import type { DatabaseOptions, TaskerOptions, WorkerOptions } from '../config/options.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { Invocation } from './command.ts';
import { databaseOf } from './database.ts';
import { refuseRemote, remoteOf } from './remote.ts';

/** What a command needs of the engine. */
export interface SessionNeeds {
  /** @default no worker: the command only looks and acts */
  readonly worker?: WorkerOptions;
  /** The command makes the embedded database when it does not exist. @default false: that is an error which says what to do */
  readonly createsDatabase?: boolean;
  /** Apply missing migrations at start. @default the engine's own default */
  readonly migrate?: boolean;
  readonly logger?: Logger;
}

/** Makes a Tasker from the options and the environment. It is not started: it has opened nothing yet. */
export async function createSession(
  { options, io, toolbox }: Invocation<object>,
  needs: SessionNeeds = {},
): Promise<Tasker> {
  const database = databaseOf(options, io);
  if (needs.createsDatabase !== true) requireDatabase(database);
  const schema = options.schema ?? io.environment.schema;
  const settings: TaskerOptions = {
    database,
    worker: needs.worker ?? false,
    environment: io.environment.name,
    ...(schema === undefined ? {} : { schema }),
    ...(needs.migrate === undefined ? {} : { migrate: needs.migrate }),
    ...(needs.logger === undefined ? {} : { logger: needs.logger }),
  };
  return toolbox.createTasker(settings);
}

/** Starts a Tasker on the database, does the work, and stops it whatever happens. */
export async function withTasker<Result>(
  invocation: Invocation<object>,
  needs: SessionNeeds,
  work: (tasker: Tasker) => Promise<Result>,
): Promise<Result> {
  refuseRemote(invocation);
  const tasker = await createSession(invocation, needs);
  return running(tasker, () => work(tasker));
}

/** The same for a command that may as well speak to a service, which then has the tasks. */
export async function withTasks<Result>(
  invocation: Invocation<object>,
  work: (tasker: Tasker) => Promise<Result>,
): Promise<Result> {
  const remote = await remoteOf(invocation);
  const tasker = remote?.tasker ?? (await createSession(invocation));
  return running(tasker, () => work(tasker));
}

/** Starts this Tasker, does the work, and stops it whatever happens. */
async function running<Result>(tasker: Tasker, work: () => Promise<Result>): Promise<Result> {
  try {
    await tasker.start();
    return await work();
  } finally {
    await tasker.stop();
  }
}

/** The same for a command that runs handlers: a rejection that a handler let go is told, and ends nothing. */
export async function runningHandlers<Result>(
  tasker: Tasker,
  { io, screen }: Pick<Invocation<object>, 'io' | 'screen'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const release = io.onStrayRejection((reason) => {
    const { name, message } = serializeError(reason);
    screen.remark(`a handler let a promise go that rejected: ${name}: ${message}`);
  });
  try {
    return await running(tasker, work);
  } finally {
    release();
  }
}

/** How long a draining worker waits for running steps, as the user reads it. */
export const RUN_GRACE: Milliseconds = 5_000;

function requireDatabase(database: DatabaseOptions): void {
  if (typeof database === 'string' || !('embedded' in database)) return;
  const { directory } = database.embedded;
  if (directory === null || existsSync(directory)) return;
  throw new TaskerError('INVALID_OPTION', {
    option: '--data-dir',
    problem: `there is no database in ${directory} yet; run a task first, or name a server with DATABASE_URL`,
  });
}
