import { dirname, resolve } from 'node:path';
import type { Json } from '../../kernel/json.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { KindRules } from '../kind-rules.ts';
import { normalize } from '../normalize.ts';
import type { DefinitionProblem, Finding, Report } from '../problem.ts';
import { throwProblems } from '../problem.ts';
import type { LoadedDefinition, TaskDefinition } from '../task-definition.ts';
import type { SourceFile } from './diagnostics.ts';
import { locate, problemAt } from './diagnostics.ts';
import { applyEnvironment, environmentNames } from './environments.ts';
import type { Tree } from './read-tree.ts';
import { readTree } from './read-tree.ts';
import { decodeSource, depthFault } from './source-text.ts';

/** What reading a definition file needs to know. */
export interface YamlOptions {
  /** Path of the file, as it shall be shown; handlers in files are relative to it. */
  readonly file: string;
  /** Which block of `environments:` applies. */
  readonly environment: string;
  /** The kinds of steps, by name. */
  readonly kinds: ReadonlyMap<string, KindRules>;
  /** The names of the backoff strategies. */
  readonly strategies: ReadonlySet<string>;
  /** Whether a handler is registered under a name. Without it, handler names are not looked up. */
  readonly hasHandler?: (name: string) => boolean;
  /** The registered names, for suggestions. @default none */
  readonly handlerNames?: Iterable<string>;
}

/** Problems listed for one file; beyond, a file is not a definition with faults but something else. */
const MAX_PROBLEMS = 100;

/**
 * Reads one task definition in YAML, of the seed's format or ours.
 *
 * All faults of the file are found at once, in every environment's version of it; nothing is guessed, filled in from environment
 * variables, or dropped.
 *
 * @throws INVALID_DEFINITION with every problem: `{code, file, line, column, message, excerpt, text}`
 */
export function parseYamlDefinition(
  source: string | Uint8Array,
  options: YamlOptions,
): LoadedDefinition {
  const { text, tree } = readText(source, options.file);
  const problems = new Map<string, DefinitionProblem>();
  const file: SourceFile = { file: options.file, text, lines: tree.lines };
  const report: Report = (finding) => {
    const { code, message, field, suggestion } = finding;
    const sentence = field === undefined ? message : `${field} ${message}`;
    const problem = problemAt(file, {
      code,
      at: locate(tree.places, finding),
      message: sentence,
      suggestion,
    });
    if (problems.size < MAX_PROBLEMS) problems.set(problem.text, problem);
  };
  const definition = readDefinition(tree.value, { ...options, report });
  throwProblems(options.file, [...problems.values()]);
  return {
    definition,
    source: options.file,
    inlineHandlers: new Map(),
    contextSchema: null,
    customIdentity: null,
    customBackoffs: new Map(),
    aliases: new Map(),
  };
}

/** The text and its tree, or the problems that leave nothing to read. */
function readText(
  source: string | Uint8Array,
  file: string,
): { readonly text: string; readonly tree: Tree } {
  const text = decodeSource(source);
  const fault = typeof text === 'string' ? depthFault(text) : text;
  if (fault !== null || typeof text !== 'string') {
    const shown = typeof text === 'string' ? text : '';
    const before = shown.slice(0, fault?.offset ?? 0);
    const line = before.split('\n').length;
    const lines = { linePos: () => ({ line, col: before.length - before.lastIndexOf('\n') }) };
    const offset = fault?.offset ?? 0;
    const at = [offset, offset + 1] as const;
    throwProblems(file, [
      problemAt(
        { file, text: shown, lines },
        { code: fault?.code ?? 'NOT_UTF8', at, message: fault?.message ?? 'the file is not text' },
      ),
    ]);
    throw new TypeError('a fault of the text is always thrown as a problem');
  }
  const tree = readTree(text);
  const faults = tree.faults.length > 0 ? tree.faults : rootFaults(tree.value);
  const described = faults
    .slice(0, MAX_PROBLEMS)
    .map(({ code, offset, end, message }) =>
      problemAt({ file, text, lines: tree.lines }, { code, at: [offset, end], message }),
    );
  throwProblems(file, described);
  return { text, tree };
}

function rootFaults(value: Json): Tree['faults'] {
  if (value === null)
    return [{ code: 'EMPTY', offset: 0, end: 0, message: 'the file holds no definition' }];
  if (isJsonObject(value)) return [];
  return [
    {
      code: 'TYPE',
      offset: 0,
      end: 1,
      message: 'a definition must be an object with a name and steps',
    },
  ];
}

/** The definition of the chosen environment; the others are read only for their faults. */
function readDefinition(
  value: Json,
  options: YamlOptions & { readonly report: Report },
): TaskDefinition {
  const document = isJsonObject(value) ? value : {};
  const { report, environment, file, kinds, strategies, hasHandler, handlerNames } = options;
  const others = environmentNames(document, report).filter((name) => name !== environment);
  const read = (name: string, isChosen: boolean): TaskDefinition => {
    const view = applyEnvironment(document, name, report);
    return normalize(view.document, {
      report: (finding: Finding) => report({ ...finding, path: view.originOf(finding.path) }),
      kinds,
      strategies,
      // Another environment may run in processes that have other handlers.
      hasHandler: isChosen ? hasHandler : undefined,
      handlerNames: () => handlerNames ?? [],
      resolveFile: (text) => resolve(dirname(file), text),
    });
  };
  const chosen = read(environment, true);
  for (const name of others) read(name, false);
  return chosen;
}
