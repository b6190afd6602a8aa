import type { Command } from 'commander';
import type { Milliseconds } from '../../kernel/duration.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { isTaskSettled } from '../../model/status.ts';
import type { TaskRequest } from '../../model/task.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import type { CreatedTask } from '../../engine/types.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { contextFrom } from '../context-argument.ts';
import { follow } from '../follow.ts';
import { STOP_EXIT_CODES } from '../io.ts';
import { durabilityText } from '../output/durability.ts';
import { exitCodeOf, outcomeDocument, printOutcome } from '../output/outcome.ts';
import { createProgressView } from '../output/live.ts';
import type { Progress } from '../output/explain.ts';
import { collect, duration, jsonArgument, taskId, wholeNumber } from '../parse-arguments.ts';
import { remoteOf } from '../remote.ts';
import { RUN_GRACE, createSession, runningHandlers } from '../session.ts';
import { definitionPath, definitionPaths, looksLikePath, registerHandlers } from '../sources.ts';
import { stopSignal } from '../stop-signal.ts';

interface RunOptions {
  readonly set?: readonly string[];
  readonly context?: string;
  readonly watch?: boolean;
  readonly initiator?: string;
  readonly reason?: string;
  readonly sourceSystem?: string;
  readonly tag?: readonly string[];
  readonly bypass?: readonly string[];
  readonly priority?: number;
  readonly key?: string;
  readonly resume?: string;
  readonly handlers?: readonly string[];
  readonly definitions?: readonly string[];
  readonly concurrency?: number;
  readonly grace?: Milliseconds;
}

/** `tasker run`: creates a task, works on it in this process, shows it, and ends as it ended. */
export function addRunCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('run')
    .summary('create a task, run it here and watch it')
    .description(
      'Creates a task, runs its steps in this process and shows them until the task is settled.\n' +
        'Exit code: 0 complete, 1 error or cancelled, 2 bad input, 78 configuration, 130 interrupted.',
    )
    .argument('<task>', 'a definition file, or the name of a task defined under --definitions')
    .option(
      '-c, --set <key=value>',
      'a value of the context; JSON or text, dotted keys nest',
      collect,
    )
    .option('--context <json>', 'the context as JSON, or @file')
    .option(
      '--watch',
      'show each event as it happens (the default; with --json: one document per event)',
    )
    .option('--no-watch', 'store the task and leave; a worker elsewhere runs it')
    .option('--initiator <who>', 'who asks for it (default: your user name)')
    .option('--reason <why>', 'why (default: "tasker run")')
    .option('--source-system <name>', 'where the request comes from (default: "cli")')
    .option('--tag <tag>', 'a tag; may be given several times', collect)
    .option(
      '--bypass <step>',
      'a skippable step that shall not run; may be given several times',
      collect,
    )
    .option('--priority <number>', 'higher runs first, -1000 to 1000', wholeNumber(-1_000, 1_000))
    .option('--key <key>', 'idempotency key: the same key gives the same task')
    .option('--resume <task-id>', 'go on with this task instead of creating one')
    .option('--handlers <file>', 'a module of named handlers; may be given several times', collect)
    .option(
      '-d, --definitions <path>',
      'where names are looked up (default: the folder tasks)',
      collect,
    )
    .option(
      '--concurrency <number>',
      'steps that run at once (default: 20)',
      wholeNumber(1, 10_000),
    )
    .option(
      '--grace <duration>',
      'how long running steps may go on after Ctrl-C (default: 5s)',
      duration,
    );
  perform<RunOptions>(command, cli, run);
}

async function run(invocation: Invocation<RunOptions>): Promise<number> {
  const { options, io } = invocation;
  if (
    options.resume !== undefined &&
    (options.set !== undefined || options.context !== undefined)
  ) {
    const problem = '--resume goes on with a stored context; leave out -c and --context';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  const request = await requestOf(invocation);
  const prepared = await prepare(invocation);
  const { tasker } = prepared;
  const stop = stopSignal(io);
  try {
    return await runningHandlers(tasker, invocation, async () => {
      const { taskId: id, created } = await taskToRun(prepared, request, options);
      if (options.watch === false) return leave(id, invocation);
      await announce({ id, created, prepared }, invocation);
      const view = createProgressView(quietUnlessWatching(invocation));
      const progress = await follow({ tasker, taskId: id, view, io, signal: stop.signal });
      return conclude(invocation, { id, progress, stopExitCode: stop.exitCode() });
    });
  } finally {
    stop.release();
  }
}

/** Where the task is created and which one. */
interface Prepared {
  readonly tasker: Tasker;
  /** As `create` takes it. */
  readonly task: string;
  /** The address of the service that runs it; null when it runs here. */
  readonly url: string | null;
}

async function prepare(invocation: Invocation<RunOptions>): Promise<Prepared> {
  const remote = await remoteOf(invocation);
  if (remote !== null) return { ...remote, task: await remoteTask(invocation) };
  const { tasker, definition } = await prepareHere(invocation);
  const { namespace, name, version } = definition;
  return { tasker, task: `${namespace}/${name}@${version}`, url: null };
}

/** A service has its own definitions: a file only says which one is meant. */
async function remoteTask(invocation: Invocation<RunOptions>): Promise<string> {
  const wanted = invocation.args[0] ?? '';
  if (!looksLikePath(wanted)) return wanted;
  // Never started, so no database is opened.
  const reading = await createSession(invocation, { createsDatabase: true });
  await registerHandlers(reading, invocation.options.handlers ?? [], invocation);
  const { namespace, name } = await definitionToRun(reading, invocation);
  return `${namespace}/${name}`;
}

/** A Tasker with the definition registered and a worker that serves all of its queues. */
async function prepareHere(
  invocation: Invocation<RunOptions>,
): Promise<{ readonly tasker: Tasker; readonly definition: TaskDefinition }> {
  const first = await prepareFor(invocation, ['default']);
  const queues = [...new Set(first.definition.steps.map((step) => step.queue))];
  if (queues.every((queue) => queue === 'default')) return first;
  // The queues are known only once the definition is read, and a worker's queues are fixed when it is made. The first Tasker was
  // never started, so it holds nothing.
  return prepareFor(invocation, queues);
}

async function prepareFor(
  invocation: Invocation<RunOptions>,
  queues: readonly string[],
): Promise<{ readonly tasker: Tasker; readonly definition: TaskDefinition }> {
  const { options, io } = invocation;
  const concurrency = options.concurrency ?? io.environment.concurrency;
  const worker = {
    queues,
    shutdownGrace: options.grace ?? RUN_GRACE,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
  const needs = { createsDatabase: true, ...(options.watch === false ? {} : { worker }) };
  const tasker = await createSession(invocation, needs);
  await registerHandlers(tasker, options.handlers ?? [], invocation);
  return { tasker, definition: await definitionToRun(tasker, invocation) };
}

async function definitionToRun(
  tasker: Tasker,
  { args, options, io }: Invocation<RunOptions>,
): Promise<TaskDefinition> {
  const wanted = args[0] ?? '';
  if (!looksLikePath(wanted)) {
    const paths = await definitionPaths(options.definitions ?? [], io);
    for (const path of paths) await tasker.register(path);
    return tasker.definition(wanted);
  }
  const path = await definitionPath(wanted, io);
  const found = await tasker.register(path);
  const [definition] = found;
  if (definition !== undefined && found.length === 1) return definition;
  const names = found.map((each) => each.name).join(', ');
  const problem =
    found.length === 0
      ? `${wanted} defines no task`
      : `${wanted} defines several tasks (${names}); name one: tasker run NAME --definitions ${wanted}`;
  throw new TaskerError('INVALID_REQUEST', { problem });
}

async function requestOf({ options, io }: Invocation<RunOptions>): Promise<TaskRequest> {
  const base =
    options.context === undefined
      ? undefined
      : await jsonArgument('--context', options.context, io.directory);
  return {
    context: contextFrom(base, options.set ?? []),
    initiator: options.initiator ?? io.user,
    reason: options.reason ?? 'tasker run',
    sourceSystem: options.sourceSystem ?? 'cli',
    tags: options.tag ?? [],
    bypassSteps: options.bypass ?? [],
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.key === undefined ? {} : { idempotencyKey: options.key }),
  };
}

async function taskToRun(
  { tasker, task }: Prepared,
  request: TaskRequest,
  options: RunOptions,
): Promise<CreatedTask> {
  if (options.resume === undefined) return tasker.create(task, request);
  const found = await tasker.task(taskId(options.resume));
  const names = [`${found.namespace}/${found.name}`, found.name];
  if (!names.includes(task.replace(/@.*$/, ''))) {
    const problem = `task ${found.taskId} is a ${found.name}, not a ${shortName(task)}`;
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  return { taskId: found.taskId, created: false };
}

/** `--no-watch`: the task is stored, that is all. */
function leave(id: number, { screen }: Invocation<RunOptions>): number {
  if (screen.json) screen.document({ task_id: id });
  else
    screen.print(
      `task ${id} is stored; a worker runs it (tasker worker), tasker tasks watch ${id} shows it`,
    );
  return 0;
}

interface Announcement {
  readonly id: number;
  readonly created: boolean;
  readonly prepared: Prepared;
}

async function announce(
  { id, created, prepared }: Announcement,
  { screen }: Invocation<RunOptions>,
): Promise<void> {
  const { style } = screen;
  const name = shortName(prepared.task);
  screen.remark(style.faint(`  ${await placeOf(prepared)}`));
  screen.remark(`  ${style.strong(name)}  task ${id}${created ? '' : '  (stored earlier)'}`);
}

/** Without the version, and without the namespace that needs no naming. */
function shortName(task: string): string {
  return task.replace(/^default\//, '').replace(/@.*$/, '');
}

async function placeOf({ tasker, url }: Prepared): Promise<string> {
  if (url !== null) return `the service at ${url} runs it`;
  const { database, durability } = await tasker.about();
  return `${database}   ${durabilityText(durability)}`;
}

/** With `--json`, events are printed only when `--watch` asks for them; otherwise the answer is one document at the end. */
function quietUnlessWatching({
  screen,
  options,
}: Invocation<RunOptions>): Invocation<object>['screen'] {
  return screen.json && options.watch !== true ? { ...screen, event: () => undefined } : screen;
}

interface Ending {
  readonly id: number;
  readonly progress: Progress | null;
  readonly stopExitCode: number | null;
}

function conclude(
  { screen, io, args, options }: Invocation<RunOptions>,
  { id, progress, stopExitCode }: Ending,
): number {
  const isSettled = progress !== null && isTaskSettled(progress.task.status);
  if (progress !== null && screen.json && options.watch !== true) {
    screen.document(outcomeDocument({ progress, now: io.now() }));
  }
  if (!isSettled) {
    screen.remark(
      `  interrupted; task ${id} is kept. Go on: tasker run ${args[0] ?? ''} --resume ${id}`,
    );
    return stopExitCode ?? STOP_EXIT_CODES.SIGINT;
  }
  if (!screen.json) printOutcome(progress, screen);
  return exitCodeOf(progress.task.status);
}
