import type { Command } from 'commander';
import { TaskerError } from '../../kernel/errors.ts';
import { checkFile, definitionFiles } from '../check-file.ts';
import type { Checked } from '../check-file.ts';
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
