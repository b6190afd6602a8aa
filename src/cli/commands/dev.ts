import type { Command } from 'commander';
import { TaskerError } from '../../kernel/errors.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { databaseOf } from '../database.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { checkFile, definitionFiles } from '../check-file.ts';
import { STOP_EXIT_CODES } from '../io.ts';
import { tellReady, workerText } from '../output/banner.ts';
import { commandLogger, tellEvents } from '../output/worker-log.ts';
import type { WorkerOutlet } from '../output/worker-log.ts';
import { collect, wholeNumber } from '../parse-arguments.ts';
import { createReloader } from '../reload.ts';
import type { Reloader } from '../reload.ts';
import { announcedServer, announceServer, devDatabase } from '../server-file.ts';
import { DEFAULT_BASE_PATH, DEFAULT_HOST, DEFAULT_PORT, serving } from '../service.ts';
import type { ServiceOptions } from '../service.ts';
import type { Screen } from '../screen.ts';
import { refuseRemote } from '../remote.ts';
import { createSession } from '../session.ts';
import { definitionPaths, registerHandlers } from '../sources.ts';
import { stopSignal, untilStopped } from '../stop-signal.ts';

interface DevOptions {
  readonly port?: number;
  readonly basePath?: string;
  readonly handlers?: readonly string[];
  readonly concurrency?: number;
}

/** Ctrl-C ends the loop within five seconds: requests and steps that go on longer are given back. */
const REQUEST_GRACE: Milliseconds = 1_000;
const STEP_GRACE: Milliseconds = 2_500;
const CONCURRENCY = 20;

/** `tasker dev`: server, worker and reload on save, for one person on one machine. */
export function addDevCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('dev')
    .summary('serve and run tasks while you write them')
    .description(
      'Serves the API on this machine, runs steps, and reloads definitions and handlers when they are saved. A save with a fault\n' +
        'is shown, and the last good version goes on. Tasks in flight keep the definition that they were born with.\n' +
        'Without DATABASE_URL everything is kept in .tasker/data. Ctrl-C drains and stops.',
    )
    .argument('[paths...]', 'definition files and folders (default: the folder tasks)')
    .option(
      '--port <number>',
      'the port, 0 for a free one (default: TASKER_PORT, or 4747)',
      wholeNumber(0, 65_535),
    )
    .option('--base-path <path>', 'the path that everything is under (default: /tasker)')
    .option('--handlers <file>', 'a module of named handlers; may be given several times', collect)
    .option(
      '--concurrency <number>',
      'steps that run at once (default: 20)',
      wholeNumber(1, 10_000),
    );
  perform<DevOptions>(command, cli, dev);
}

async function dev(invocation: Invocation<DevOptions>): Promise<number> {
  refuseRemote(invocation);
  const { options, io, args } = invocation;
  const announced = devDatabase(databaseOf(options, io), io);
  const other = await announcedServer(announced, invocation);
  if (other !== null) throw new TaskerError('ALREADY_RUNNING', { ...other });
  const paths = await definitionPaths(args, io);
  if (paths.length === 0) {
    const problem =
      'there is nothing to watch: name files or folders, or make the folder tasks with a definition in it';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  const handlers = options.handlers ?? [];
  const outlet: WorkerOutlet = { io, screen: invocation.screen, isVerbose: true, isCompact: true };
  const logger = commandLogger({ ...outlet, isVerbose: false });
  const queues = await queuesOf(invocation, paths);
  const concurrency = options.concurrency ?? io.environment.concurrency ?? CONCURRENCY;
  const tasker = await createSession(invocation, {
    createsDatabase: true,
    worker: { queues, concurrency, shutdownGrace: STEP_GRACE },
    logger,
  });
  tellEvents(tasker, outlet); // before the start, which takes up what was under way
  const reloader = createReloader({ tasker, invocation, screen: outlet.screen, paths, handlers });
  const stop = stopSignal(io);
  try {
    await serving(
      tasker,
      { invocation, options: serviceOptions(invocation, logger), signal: stop.signal },
      async (running) => {
        await reloader.load();
        const withdraw = await announceServer(announced, running.url, invocation);
        tellReady(
          {
            service: running,
            about: await tasker.about(),
            definitions: tasker.definitions().map(({ name }) => name),
            worker: workerText({ queues, concurrency }),
          },
          outlet.screen,
        );
        try {
          await watching({ reloader, invocation, work: () => untilStopped(stop) }, () =>
            tellUnserved(tasker, queues, outlet.screen),
          );
        } finally {
          await withdraw();
        }
      },
    );
  } finally {
    stop.release();
  }
  return stop.cause() === 'SIGPIPE' ? STOP_EXIT_CODES.SIGPIPE : 0;
}

function serviceOptions(
  { options, io }: Invocation<DevOptions>,
  logger: ServiceOptions['logger'],
): ServiceOptions {
  return {
    host: DEFAULT_HOST,
    port: options.port ?? io.environment.port ?? DEFAULT_PORT,
    basePath: options.basePath ?? DEFAULT_BASE_PATH,
    security: io.environment.security,
    auth: false,
    grace: REQUEST_GRACE,
    logger,
  };
}

interface Watching {
  readonly reloader: Reloader;
  readonly invocation: Invocation<DevOptions>;
  readonly work: () => Promise<void>;
}

/** Reloads what is saved while the work goes on. */
async function watching(
  { reloader, invocation, work }: Watching,
  onReloaded: () => void,
): Promise<void> {
  const { toolbox, screen } = invocation;
  const failed = (error: unknown): void => {
    const problem = error instanceof Error ? error.message : String(error);
    screen.remark(`a save was not looked at: ${problem}`);
  };
  const watcher = await toolbox.watchFiles({
    paths: reloader.watched(),
    onChange: (files) =>
      void reloader
        .changed(files)
        .then(() => {
          watcher.add(reloader.watched());
          onReloaded();
        })
        .catch(failed),
    onError: failed,
  });
  screen.remark('watching for saves');
  try {
    await work();
  } finally {
    await watcher.close();
  }
}

/** A worker's queues are fixed when it is made: steps of a new one wait. */
function tellUnserved(tasker: Tasker, served: readonly string[], screen: Screen): void {
  const further = queuesIn(tasker).filter((queue) => !served.includes(queue));
  if (further.length > 0)
    screen.remark(`  start again to run steps of ${further.join(', ')}: a queue that is new`);
}

/** The queues of all definitions that are sound now; what has a fault is told once it is loaded. */
async function queuesOf(
  invocation: Invocation<DevOptions>,
  paths: readonly string[],
): Promise<readonly string[]> {
  // Never started, so the database is not opened.
  const reading = await createSession(invocation, { createsDatabase: true });
  for (const file of invocation.options.handlers ?? [])
    await registerHandlers(reading, [file], { ...invocation, fresh: true }).catch(() => undefined);
  const files = (await Promise.all(paths.map((path) => definitionFiles(path)))).flat();
  for (const file of files) await checkFile(reading, file, { fresh: true });
  return [...new Set(['default', ...queuesIn(reading)])];
}

function queuesIn(tasker: Tasker): readonly string[] {
  const all = tasker.definitions().flatMap(({ steps }) => steps.map(({ queue }) => queue));
  return [...new Set(all)];
}
