import { Option } from 'commander';
import type { Command } from 'commander';
import type { Milliseconds } from '../../kernel/duration.ts';
import { createJsonLogger } from '../../telemetry/json-logger.ts';
import { databaseOf } from '../database.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { STOP_EXIT_CODES } from '../io.ts';
import { tellReady, workerText } from '../output/banner.ts';
import { commandLogger, tellEvents } from '../output/worker-log.ts';
import type { WorkerOutlet } from '../output/worker-log.ts';
import { collect, duration, wholeNumber } from '../parse-arguments.ts';
import { createScreen } from '../screen.ts';
import { announceServer } from '../server-file.ts';
import { DEFAULT_BASE_PATH, DEFAULT_HOST, DEFAULT_PORT, serving } from '../service.ts';
import type { ServiceOptions } from '../service.ts';
import { refuseRemote } from '../remote.ts';
import { createSession } from '../session.ts';
import { registerHandlers, registerPaths } from '../sources.ts';
import { stopSignal, untilStopped } from '../stop-signal.ts';

interface ServeCommandOptions {
  readonly host?: string;
  readonly port?: number;
  readonly basePath?: string;
  readonly worker: boolean;
  readonly queue?: readonly string[];
  readonly concurrency?: number;
  readonly handlers?: readonly string[];
  readonly auth?: boolean;
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly log?: 'text' | 'json';
  readonly grace?: Milliseconds;
  readonly verbose?: boolean;
}

const GRACE: Milliseconds = 30_000;

/** `tasker serve`: the interface for programs, and a worker unless told otherwise, until told to stop. */
export function addServeCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('serve')
    .summary('serve the API, and run steps, until told to stop')
    .description(
      'Serves REST, GraphQL and live updates, and runs the steps of stored tasks.\n' +
        'Callers are asked who they are when TASKER_API_KEYS or TASKER_JWT_… is set, or with --auth; an address that can be reached\n' +
        'from outside needs it. SIGTERM or Ctrl-C drains: /health/ready says no, requests and running steps finish within the\n' +
        'grace, then it exits with 0. A second signal ends it at once.',
    )
    .argument('[paths...]', 'definition files and folders (default: the folder tasks)')
    .option(
      '--host <name>',
      'the name or address to listen on (default: TASKER_HOST, or 127.0.0.1)',
    )
    .option(
      '--port <number>',
      'the port, 0 for a free one (default: TASKER_PORT, or 4747)',
      wholeNumber(0, 65_535),
    )
    .option('--base-path <path>', 'the path that everything is under (default: /tasker)')
    .option('--no-worker', 'only serve; workers elsewhere run the steps')
    .option(
      '--queue <name>',
      'a queue to serve, in order of preference (default: "default")',
      collect,
    )
    .option(
      '--concurrency <number>',
      'steps that run at once (default: 20)',
      wholeNumber(1, 10_000),
    )
    .option('--handlers <file>', 'a module of named handlers; may be given several times', collect)
    .option('--auth', 'ask callers who they are also when only keys of the database exist')
    .option(
      '--allow-host <name>',
      'a further Host that is served; may be given several times',
      collect,
    )
    .option(
      '--allow-origin <url>',
      'another site whose pages may write; may be given several times',
      collect,
    )
    .addOption(
      new Option('--log <form>', 'lines for people or JSON lines (default: text)').choices([
        'text',
        'json',
      ]),
    )
    .option(
      '--grace <duration>',
      'how long requests and running steps may go on after a signal (default: 30s)',
      duration,
    )
    .option('--verbose', 'also show steps that start and succeed');
  perform<ServeCommandOptions>(command, cli, serve);
}

async function serve(invocation: Invocation<ServeCommandOptions>): Promise<number> {
  refuseRemote(invocation);
  const { options, io } = invocation;
  const outlet = outletOf(invocation);
  const logger = outlet.screen.json ? jsonLogger(outlet) : commandLogger(outlet);
  const worker = workerOf(invocation);
  const tasker = await createSession(invocation, {
    createsDatabase: true,
    logger,
    ...(worker === null ? {} : { worker }),
  });
  await registerHandlers(tasker, options.handlers ?? [], invocation);
  const definitions = await registerPaths(tasker, invocation, { mayBeNone: worker === null });
  if (worker !== null) tellEvents(tasker, outlet);
  const stop = stopSignal(io);
  try {
    await serving(
      tasker,
      { invocation, options: { ...serviceOptions(invocation), logger }, signal: stop.signal },
      async (service) => {
        const withdraw = await announceServer(databaseOf(options, io), service.url, {
          io,
          screen: outlet.screen,
        });
        try {
          tellReady(
            {
              service,
              about: await tasker.about(),
              definitions: definitions.map(({ name }) => name),
              worker: worker === null ? null : workerText(worker),
            },
            outlet.screen,
          );
          await untilStopped(stop);
          outlet.screen.remark('draining: requests and running steps finish, nothing new starts');
        } finally {
          await withdraw();
        }
      },
    );
  } finally {
    stop.release();
  }
  // Draining is how a server ends: only a reader that went away is reported as such.
  return stop.cause() === 'SIGPIPE' ? STOP_EXIT_CODES.SIGPIPE : 0;
}

function serviceOptions({
  options,
  io,
}: Invocation<ServeCommandOptions>): Omit<ServiceOptions, 'logger'> {
  const { allowHost, allowOrigin } = options;
  return {
    host: options.host ?? io.environment.host ?? DEFAULT_HOST,
    port: options.port ?? io.environment.port ?? DEFAULT_PORT,
    basePath: options.basePath ?? DEFAULT_BASE_PATH,
    security: io.environment.security,
    auth: options.auth === true,
    grace: options.grace ?? GRACE,
    ...(allowHost === undefined ? {} : { allowedHosts: allowHost }),
    ...(allowOrigin === undefined ? {} : { allowedOrigins: allowOrigin }),
  };
}

interface ServeWorker {
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly shutdownGrace: Milliseconds;
}

function workerOf({ options, io }: Invocation<ServeCommandOptions>): ServeWorker | null {
  if (!options.worker) return null;
  return {
    queues: options.queue ?? ['default'],
    concurrency: options.concurrency ?? io.environment.concurrency ?? 20,
    shutdownGrace: options.grace ?? GRACE,
  };
}

/** With `--log json` as with `--json`, everything that is written is a JSON line. */
function outletOf({ screen, io, options }: Invocation<ServeCommandOptions>): WorkerOutlet {
  const isJson = screen.json || options.log === 'json';
  return {
    io,
    screen: isJson ? createScreen(io, { json: true }) : screen,
    isVerbose: options.verbose === true,
  };
}

function jsonLogger({ io, isVerbose }: WorkerOutlet) {
  return createJsonLogger({
    write: (line) => io.err.write(line),
    now: () => io.now(),
    level: isVerbose ? 'info' : 'warn',
  });
}
