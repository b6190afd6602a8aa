import type { Command } from 'commander';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { STOP_EXIT_CODES } from '../io.ts';
import type { WorkerOutlet } from '../output/worker-log.ts';
import { commandLogger, tellEvents } from '../output/worker-log.ts';
import { collect, duration, wholeNumber } from '../parse-arguments.ts';
import { refuseRemote } from '../remote.ts';
import { createSession, runningHandlers } from '../session.ts';
import { registerHandlers, registerPaths } from '../sources.ts';
import { stopSignal, untilStopped } from '../stop-signal.ts';
import type { StopSignal } from '../stop-signal.ts';

interface WorkerCommandOptions {
  readonly queue?: readonly string[];
  readonly concurrency?: number;
  readonly handlers?: readonly string[];
  readonly grace?: Milliseconds;
  readonly untilIdle?: boolean;
  readonly verbose?: boolean;
}

/** Between two looks whether anything is left to do, with `--until-idle`. */
const IDLE_LOOK: Milliseconds = 250;

/** `tasker worker`: runs steps until it is told to stop, then drains. */
export function addWorkerCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('worker')
    .summary('run steps of stored tasks until told to stop')
    .description(
      'Runs the steps of stored tasks. SIGTERM or Ctrl-C drains: running steps finish within the grace, then it exits with 0.\n' +
        'A second signal ends it at once; its steps are taken over when its lease lapses.',
    )
    .argument('[paths...]', 'definition files and folders (default: the folder tasks)')
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
    .option(
      '--grace <duration>',
      'how long running steps may go on after a signal (default: 30s)',
      duration,
    )
    .option('--until-idle', 'stop by itself once no task of the given definitions is left to run')
    .option('--verbose', 'also show steps that start and succeed');
  perform<WorkerCommandOptions>(command, cli, work);
}

async function work(invocation: Invocation<WorkerCommandOptions>): Promise<number> {
  refuseRemote(invocation);
  const { options, io, screen } = invocation;
  const tasker = await createSession(invocation, {
    createsDatabase: true,
    worker: workerOptions(invocation),
    logger: commandLogger(outlet(invocation)),
  });
  await registerHandlers(tasker, options.handlers ?? [], invocation);
  const definitions = await registerPaths(tasker, invocation, { mayBeNone: false });
  tellEvents(tasker, outlet(invocation));
  const stop = stopSignal(io);
  try {
    await runningHandlers(tasker, invocation, async () => {
      const { database, schema } = await tasker.about();
      const names = definitions.map((definition) => definition.name);
      if (screen.json)
        screen.event({ event: 'worker.ready', database, schema, definitions: names });
      else screen.remark(`worker on ${database}: ${names.join(', ')}   (Ctrl-C drains and stops)`);
      await (options.untilIdle === true
        ? untilIdle(tasker, definitions, stop)
        : untilStopped(stop));
      if (stop.cause() !== null)
        screen.remark('draining: running steps finish, nothing new starts');
    });
  } finally {
    stop.release();
  }
  // Draining is how a worker ends: only a reader that went away is reported as such.
  return stop.cause() === 'SIGPIPE' ? STOP_EXIT_CODES.SIGPIPE : 0;
}

function workerOptions({ options, io }: Invocation<WorkerCommandOptions>): object {
  const concurrency = options.concurrency ?? io.environment.concurrency;
  return {
    ...(options.queue === undefined ? {} : { queues: options.queue }),
    ...(options.grace === undefined ? {} : { shutdownGrace: options.grace }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

async function untilIdle(
  tasker: Tasker,
  definitions: readonly TaskDefinition[],
  { signal }: StopSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (!(await hasOpenTask(tasker, definitions))) return;
    await pause(IDLE_LOOK, signal);
  }
}

async function hasOpenTask(
  tasker: Tasker,
  definitions: readonly TaskDefinition[],
): Promise<boolean> {
  for (const { name, namespace } of definitions) {
    const page = await tasker.tasks({
      name,
      namespace,
      status: ['pending', 'in_progress'],
      limit: 1,
    });
    if (page.tasks.length > 0) return true;
  }
  return false;
}

function pause(ms: Milliseconds, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

function outlet({ screen, io, options }: Invocation<WorkerCommandOptions>): WorkerOutlet {
  return { screen, io, isVerbose: options.verbose === true };
}
