import { dirname, relative, resolve } from 'node:path';
import { isTaskerError } from '../kernel/errors.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import type { Tasker } from '../tasker-interface.ts';
import { checkFile, definitionFiles, problemsOf } from './check-file.ts';
import type { Checked } from './check-file.ts';
import type { Invocation } from './command.ts';
import { EXIT_BAD_INPUT } from './failure.ts';
import { printable } from './output/text.ts';
import type { Screen } from './screen.ts';
import { registerHandlers } from './sources.ts';

export interface ReloaderParts {
  readonly tasker: Tasker;
  readonly invocation: Pick<Invocation<object>, 'io' | 'toolbox'>;
  readonly screen: Screen;
  /** Definition files and folders, as they were given. */
  readonly paths: readonly string[];
  /** Modules of named handlers, as they were given. */
  readonly handlers: readonly string[];
}

/** Keeps a running Tasker up to date with the files of its definitions. */
export interface Reloader {
  /** Registers everything for the first time. What has a fault is told and not served. */
  load(): Promise<void>;
  /** After these files changed. Saves that come during a reload are looked at together, after it. */
  changed(files: readonly string[]): Promise<void>;
  /** What to watch: the given files and folders, and the folders of the handler files that definitions name. */
  watched(): readonly string[];
}

const YAML = /\.ya?ml$/;

/**
 * I1: a file with a fault changes nothing: what was served of it goes on being served.
 * I2: a changed definition in YAML concerns itself; code may be imported by anything, so everything is read anew then.
 */
export function createReloader(parts: ReloaderParts): Reloader {
  const { invocation, screen, paths } = parts;
  /** What is served of each file. */
  const served = new Map<string, readonly TaskDefinition[]>();
  const pending = new Set<string>();
  let turn: Promise<void> = Promise.resolve();
  const absolute = (path: string): string => resolve(invocation.io.directory, path);

  const reload = async (changes: readonly string[] | null): Promise<void> => {
    const isAll = changes === null || changes.some((file) => !YAML.test(file));
    if (isAll) await renewHandlers(parts);
    const files = await filesOf(parts);
    const concerned = files.filter((file) => isAll || changes.includes(absolute(file)));
    const checked: Checked[] = [];
    for (const file of concerned)
      checked.push(await checkFile(parts.tasker, file, { fresh: true }));
    tellProblems(checked, served, screen);
    for (const { file, definitions, problems } of checked)
      if (problems.length === 0) served.set(file, definitions);
    const sound = checked.filter((each) => each.problems.length === 0);
    tellLoaded(changes === null ? sound : mostConcerned(sound, changes, absolute), screen, {
      isFirst: changes === null,
    });
    for (const file of served.keys()) {
      if (!files.includes(file) && changes?.includes(absolute(file)) === true)
        tellGone(file, served.get(file) ?? [], screen);
    }
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined); // the caller gets the error; the next save starts afresh
    return mine;
  };
  return {
    load: () => inTurn(() => reload(null)),
    changed(files) {
      for (const file of files) pending.add(file);
      return inTurn(async () => {
        const changes = [...pending];
        pending.clear();
        if (changes.length > 0) await reload(changes);
      });
    },
    watched: () => [
      ...new Set([
        ...[...paths, ...parts.handlers].map(absolute),
        ...[...served.values()].flat().flatMap(handlerFolders),
      ]),
    ],
  };
}

/** The definition files that exist now. A path that was given and is gone has none. */
async function filesOf({ paths, invocation }: ReloaderParts): Promise<readonly string[]> {
  const { directory } = invocation.io;
  const found = await Promise.all(
    paths.map((path) => definitionFiles(resolve(directory, path)).catch(() => [])),
  );
  // As the user would write them, as messages show them.
  return found.flat().map((file) => relative(directory, file));
}

async function renewHandlers({
  tasker,
  invocation,
  screen,
  handlers,
}: ReloaderParts): Promise<void> {
  for (const file of handlers) {
    try {
      await registerHandlers(tasker, [file], { ...invocation, fresh: true });
    } catch (error) {
      if (!isTaskerError(error) || error.exitCode !== EXIT_BAD_INPUT) throw error;
      tellProblems([{ file, definitions: [], problems: problemsOf(error, file) }], null, screen);
    }
  }
}

/** Those that were saved or name a saved file; where none does, the saved file is imported by any of them. */
function mostConcerned(
  sound: readonly Checked[],
  changes: readonly string[],
  absolute: (path: string) => string,
): readonly Checked[] {
  const direct = sound.filter(
    ({ file, definitions }) =>
      changes.includes(absolute(file)) ||
      definitions.some((definition) =>
        handlerFiles(definition).some((handler) => changes.includes(handler)),
      ),
  );
  return direct.length > 0 ? direct : sound;
}

function handlerFiles({ steps }: TaskDefinition): readonly string[] {
  return steps.flatMap(({ handler }) => (handler.from === 'file' ? [handler.path] : []));
}

function handlerFolders(definition: TaskDefinition): readonly string[] {
  return handlerFiles(definition).map((file) => dirname(file));
}

function tellProblems(
  checked: readonly Checked[],
  served: ReadonlyMap<string, readonly TaskDefinition[]> | null,
  screen: Screen,
): void {
  const told = new Set<string>();
  for (const { file, problems } of checked.filter((each) => each.problems.length > 0)) {
    const isServed = served === null || served.has(file);
    if (screen.json) {
      const documents = problems.map(({ document }) => document);
      screen.event({ event: 'definition.refused', file, served: isServed, problems: documents });
      continue;
    }
    for (const { text } of problems) {
      if (!told.has(text)) screen.print(`${screen.style.bad('✗')} ${printable(text)}`);
      told.add(text);
    }
    screen.print(
      isServed
        ? `  ${file}: still serving the last good version`
        : `  ${file}: not served until it is corrected`,
    );
  }
}

function tellLoaded(
  checked: readonly Checked[],
  screen: Screen,
  { isFirst }: { readonly isFirst: boolean },
): void {
  const definitions = checked.flatMap((each) => each.definitions);
  if (screen.json) {
    for (const { namespace, name, version } of definitions)
      screen.event({ event: 'definition.loaded', namespace, name, version });
    return;
  }
  if (isFirst || definitions.length === 0) return; // the banner lists them
  const [only] = definitions;
  const sign = screen.style.good('✓');
  if (only !== undefined && definitions.length === 1) {
    const steps = only.steps.length === 1 ? '1 step' : `${only.steps.length} steps`;
    const edited = only.version.includes('dev.') ? ` ${only.version}` : '';
    screen.print(`${sign} reloaded ${only.name}${edited} (${steps})`);
  } else {
    const names = definitions.map(({ name }) => name).join(', ');
    screen.print(`${sign} reloaded ${definitions.length} tasks: ${names}`);
  }
}

function tellGone(file: string, definitions: readonly TaskDefinition[], screen: Screen): void {
  const names = definitions.map(({ name }) => name);
  if (screen.json) return screen.event({ event: 'definition.gone', file, definitions: names });
  screen.print(`${screen.style.bad('✗')} ${file}  is gone`);
  screen.print(`  ${names.join(', ')}: still serving the last good version, until the next start`);
}
