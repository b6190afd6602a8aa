import { Command } from 'commander';
import type { Cli } from './command.ts';
import { cross, reportFailure, usageMessage } from './failure.ts';
import type { CliIo } from './io.ts';
import type { Toolbox } from './toolbox.ts';
import { addCheckCommand } from './commands/check.ts';
import { addDevCommand } from './commands/dev.ts';
import { addDiagramCommand } from './commands/diagram.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addListCommand } from './commands/tasks-list.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand } from './commands/serve.ts';
import { addShowCommand } from './commands/tasks-show.ts';
import { addStepActions } from './commands/step-actions.ts';
import { addTaskActions } from './commands/task-actions.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWatchCommand } from './commands/tasks-watch.ts';
import { addWorkerCommand } from './commands/worker.ts';

/** Adds one command below a parent. */
type AddCommand = (parent: Command, cli: Cli) => void;

/** Every command of the first level, in the order of the help. */
const COMMANDS: readonly AddCommand[] = [
  addRunCommand,
  addDevCommand,
  addServeCommand,
  addWorkerCommand,
  addTasksCommands,
  addStepsCommands,
  addCheckCommand,
  addDiagramCommand,
  addMigrateCommand,
  addVerifyCommand,
  addDoctorCommand,
  addKeysCommands,
];

/**
 * Runs one command line.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 done, 1 failed, 2 bad input, 78 wrong configuration, 130 or 143 interrupted
 */
export async function runCli(
  args: readonly string[],
  io: CliIo,
  toolbox: Toolbox,
): Promise<number> {
  let exitCode = 0;
  const isJson = args.includes('--json');
  const program = createProgram({ io, toolbox, done: (code) => void (exitCode = code) }, isJson);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, io, isJson);
  }
}

/** The whole command tree. @param isJson what is typed wrong is reported by the caller, as JSON */
export function createProgram(cli: Cli, isJson = false): Command {
  const { io, toolbox } = cli;
  const program = new Command('tasker')
    .description('Durable multi-step tasks: run them, work on them, look at them, intervene.')
    .version(toolbox.version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .option('--json', 'print JSON (snake_case) instead of text')
    .option('--database <url>', 'a PostgreSQL server (default: DATABASE_URL)')
    .option(
      '--schema <name>',
      'the schema that holds everything (default: TASKER_SCHEMA, or "tasker")',
    )
    .option(
      '--data-dir <folder>',
      'the embedded database, when no server is named (default: TASKER_DATA_DIR, or .tasker/data)',
    )
    .option('--url <address>', 'a service to speak to in place of a database (default: TASKER_URL)')
    .option('--key-file <file>', 'the file with the API key for it (default: TASKER_API_KEY)')
    .option('--no-color', 'no colours')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      getOutHelpWidth: () => io.size().columns,
      getErrHelpWidth: () => io.size().columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text) => {
        if (!isJson) io.err.write(`${cross(io)} ${usageMessage(text)}\n`);
      },
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, cli);
  return program;
}

function addTasksCommands(parent: Command, cli: Cli): void {
  const tasks = parent
    .command('tasks')
    .description('Lists, shows and watches stored tasks, and intervenes.');
  for (const add of [addListCommand, addShowCommand, addWatchCommand, addTaskActions])
    add(tasks, cli);
}

function addStepsCommands(parent: Command, cli: Cli): void {
  const steps = parent
    .command('steps')
    .summary('retry, resolve, cancel or update single steps')
    .description('Intervenes in single steps of a task.');
  addStepActions(steps, cli);
}
