import type { Command } from 'commander';
import { TaskerError } from '../../kernel/errors.ts';
import type { TaskDefinition } from '../../definition/task-definition.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { readProgress } from '../follow.ts';
import { definitionDiagram, taskDiagram } from '../output/diagram.ts';
import { collect, taskId } from '../parse-arguments.ts';
import { createSession, withTasks } from '../session.ts';
import { definitionPath, definitionPaths, looksLikePath, registerHandlers } from '../sources.ts';

interface DiagramOptions {
  readonly handlers?: readonly string[];
  readonly definitions?: readonly string[];
}

/** `tasker diagram`: a definition or a run as mermaid text. */
export function addDiagramCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('diagram')
    .summary('draw a definition or a run as a mermaid flowchart')
    .description(
      'Prints a mermaid flowchart: of a definition (a file, or a name under --definitions; no database is touched),\n' +
        'or of a stored task, coloured by the state of its steps.',
    )
    .argument('<source>', 'a definition file, the name of a task, or the id of a stored task')
    .option(
      '-d, --definitions <path>',
      'where names are looked up (default: the folder tasks)',
      collect,
    )
    .option('--handlers <file>', 'a module of named handlers; may be given several times', collect);
  perform<DiagramOptions>(command, cli, diagram);
}

async function diagram(invocation: Invocation<DiagramOptions>): Promise<number> {
  const { args, screen } = invocation;
  const source = args[0] ?? '';
  const diagrams = /^\d+$/.test(source)
    ? [await drawTask(taskId(source), invocation)]
    : (await definitionsOf(source, invocation)).map((each) => ({
        of: each.name,
        text: definitionDiagram(each),
      }));
  if (screen.json) {
    screen.document({
      diagrams: diagrams.map(({ of, text }) => ({ of, format: 'mermaid', text })),
    });
  } else {
    screen.print(diagrams.map(({ text }) => text).join('\n\n'));
  }
  return 0;
}

async function drawTask(
  id: number,
  invocation: Invocation<DiagramOptions>,
): Promise<{ readonly of: string; readonly text: string }> {
  const progress = await withTasks(invocation, (tasker) => readProgress(tasker, id));
  return { of: `task ${id}`, text: taskDiagram(progress, invocation.io.now()) };
}

async function definitionsOf(
  source: string,
  invocation: Invocation<DiagramOptions>,
): Promise<readonly TaskDefinition[]> {
  const { io, options } = invocation;
  const tasker = await createSession(invocation, { createsDatabase: true });
  await registerHandlers(tasker, options.handlers ?? [], invocation);
  if (looksLikePath(source)) {
    const path = await definitionPath(source, io);
    const found = await tasker.register(path);
    if (found.length > 0) return found;
    throw new TaskerError('INVALID_REQUEST', { problem: `${source} defines no task` });
  }
  for (const path of await definitionPaths(options.definitions ?? [], io))
    await tasker.register(path);
  return [tasker.definition(source)];
}
