import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { TaskerError, isTaskerError } from '../../kernel/errors.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { EXIT_BAD_INPUT } from '../failure.ts';
import { definitionDocument } from '../output/documents.ts';
import { printable } from '../output/text.ts';
import { collect } from '../parse-arguments.ts';
import { createSession } from '../session.ts';
import { definitionPaths, registerHandlers } from '../sources.ts';

interface CheckOptions {
  readonly handlers?: readonly string[];
}

/** `tasker check`: finds what is wrong with definitions before anything runs. Touches no database. */
export function addCheckCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('check')
    .summary('check task definitions')
    .description(
      'Checks definitions and shows every problem as file:line:column. No database is touched.\n' +
        'Exit code: 0 all sound, 2 otherwise.',
    )
    .argument('[paths...]', 'definition files and folders (default: the folder tasks)')
    .option('--handlers <file>', 'a module of named handlers; may be given several times', collect);
  perform<CheckOptions>(command, cli, check);
}

/** What is known about one file after the check. */
interface Checked {
  readonly file: string;
  readonly definitions: readonly TaskDefinition[];
  readonly problems: readonly Problem[];
}

/** One thing that is wrong: ready to print, and in parts. */
interface Problem {
  readonly code: string;
  readonly text: string;
  readonly document: object;
}

async function check(invocation: Invocation<CheckOptions>): Promise<number> {
  const { args, options, io, screen } = invocation;
  const paths = await definitionPaths(args, io);
  const files = (await Promise.all(paths.map((path) => definitionFiles(path)))).flat();
  if (files.length === 0) {
    const problem = 'there is no definition to check: name files or folders that hold some';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  // Never started, so the database is not opened.
  const tasker = await createSession(invocation, { createsDatabase: true });
  await registerHandlers(tasker, options.handlers ?? [], invocation);
  const checked: Checked[] = [];
  for (const file of files) checked.push(await checkFile(tasker, file));
  const isSound = checked.every((each) => each.problems.length === 0);
  if (screen.json) screen.document({ ok: isSound, files: checked.map(checkedDocument) });
  else printChecked(checked, invocation);
  return isSound ? 0 : EXIT_BAD_INPUT;
}

/** One file at a time, so that a fault in one hides none in another. */
async function checkFile(tasker: Tasker, file: string): Promise<Checked> {
  try {
    return { file, definitions: await tasker.register(file), problems: [] };
  } catch (error) {
    if (!isTaskerError(error) || error.exitCode !== EXIT_BAD_INPUT) throw error;
    return { file, definitions: [], problems: problemsOf(error, file) };
  }
}

function problemsOf(error: TaskerError, file: string): readonly Problem[] {
  if (isTaskerError(error, 'INVALID_DEFINITION')) {
    return error.details.problems.map((problem) => ({
      code: 'code' in problem ? String(problem.code) : error.code,
      text: problem.text,
      document: problem,
    }));
  }
  const { code, message, hint } = error;
  return [{ code, text: `${file}  ${message}`, document: { file, code, message, hint } }];
}

/** A file is itself; a folder is every definition file in it and below, in the order of their names. */
async function definitionFiles(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && DEFINITION_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !PASSED_OVER.test(relative(path, file)))
    .toSorted();
}

/** The files of a folder that the engine takes for definitions: handler modules beside them are not. */
const DEFINITION_FILE = /\.ya?ml$|\.task\.(?:ts|mts|js|mjs)$/;
/** Hidden folders and files, and installed packages. */
const PASSED_OVER = /(?:^|[\\/])(?:\.|node_modules[\\/])/;

function printChecked(checked: readonly Checked[], { screen }: Invocation<CheckOptions>): void {
  const { style } = screen;
  for (const { file, definitions, problems } of checked) {
    for (const problem of problems) screen.print(`${style.bad('✗')} ${printable(problem.text)}`);
    for (const { name, version, steps } of definitions) {
      const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
      screen.print(`${style.good('✓')} ${file}  ${name} ${version}  (${count})`);
    }
  }
  const wrong = checked.reduce((sum, each) => sum + each.problems.length, 0);
  if (wrong > 0) screen.remark(wrong === 1 ? '1 problem' : `${wrong} problems`);
  const unknown = checked.some(({ problems }) =>
    problems.some(({ code }) => code === 'UNKNOWN_HANDLER'),
  );
  if (unknown) screen.remark('named handlers are registered by a module: --handlers FILE');
}

function checkedDocument({ file, definitions, problems }: Checked): object {
  return {
    file,
    definitions: definitions.map(definitionDocument),
    problems: problems.map((problem) => problem.document),
  };
}
