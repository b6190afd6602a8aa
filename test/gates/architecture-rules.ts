import path from 'node:path';
import { parseAst } from 'vitest/node';

/** Rooms (folders under src) by level: a file imports from its own room or from a lower level, never sideways, never up. */
export const LEVELS: readonly (readonly string[])[] = [
  ['kernel'],
  ['model', 'retry', 'db', 'config'],
  ['definition', 'store', 'dispatch', 'telemetry', 'contract'],
  ['engine', 'handlers', 'client'],
  ['worker', 'maintenance'],
  ['src'], // files directly in src: the composition root and the public door
  ['api', 'testing'],
  ['cli'],
];

/** The only files that may ask what time it is; the linter has no rule for `new Date()`. */
const CLOCKS: readonly string[] = ['src/kernel/clock.ts', 'src/cli/io.ts'];

/** Rooms to which the machine is a parameter (`EngineParts.ports`): they find neither time nor chance nor the process by themselves. */
const CORE: readonly string[] = ['store', 'dispatch', 'retry', 'engine', 'worker', 'maintenance'];
const MACHINE = new Map([
  ['Math', ['random']],
  ['Date', ['now']],
  ['performance', ['now']],
]);
const MACHINE_NAMES: readonly string[] = ['process', 'systemPorts', 'systemClock'];
const MACHINE_IMPORTS = /^(hostname|random\w*|getRandomValues|webcrypto)$/;

export const MOST_LINES_OF_FILE = 300;
export const MOST_LINES_OF_FUNCTION = 60;

const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

/** Paths relative to the checkout (`src/engine/settle.ts`) to their text. */
export type SourceFiles = ReadonlyMap<string, string>;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Every broken rule as one line, such as `src/model/task.ts:3 may not import src/engine/claim.ts (model is below engine)`. */
export function architectureProblems(files: SourceFiles): readonly string[] {
  return [...files].flatMap(([file, text]) => {
    const nodes = [...walk(parse(file, text))];
    const at = (offset: number): string => `${file}:${lineOf(text, offset)}`;
    return [
      ...forbiddenImports(file, nodes).map(({ node, problem }) => `${at(node.start)} ${problem}`),
      ...sizeProblems(file, text, nodes),
      ...nodes
        .filter((node) => node.type === 'TSAnyKeyword')
        .map((node) => `${at(node.start)} uses any`),
      ...nodes
        .filter((node) => readsTime(file, node))
        .map((node) => `${at(node.start)} reads the time; it is a parameter`),
      ...(isCore(file) ? nodes.filter(asksMachine) : []).map(
        (node) => `${at(node.start)} asks the machine; it is a parameter (EngineParts.ports)`,
      ),
      ...unexplainedAssertions(file, text, nodes).map(
        (node) => `${at(node.start)} has \`as\` without a comment that says why it is sound`,
      ),
    ];
  });
}

function parse(file: string, text: string): Node {
  try {
    return parseAst(text, { lang: 'ts' }) as unknown as Node; // sound: every node of the tree has type, start and end
  } catch (cause) {
    throw new Error(`${file} cannot be parsed`, { cause });
  }
}

function* walk(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) yield* walk(child);
}

function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string' && 'start' in value;
}

function forbiddenImports(
  file: string,
  nodes: readonly Node[],
): readonly { node: Node; problem: string }[] {
  return nodes.flatMap((node) => {
    const specifier = importSpecifier(node);
    if (specifier === null || !specifier.startsWith('.')) return [];
    const target = path.posix.join(path.posix.dirname(file), specifier);
    const problem = edgeProblem(file, target);
    return problem === null ? [] : [{ node, problem: `may not import ${target} (${problem})` }];
  });
}

/** What an import or re-export, static, dynamic or of a type, names. */
function importSpecifier(node: Node): string | null {
  if (
    !/^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(node.type)
  )
    return null;
  for (const literal of [...walk(node['source']), ...walk(node['argument'])]) {
    if (typeof literal['value'] === 'string') return literal['value'];
  }
  return null;
}

function edgeProblem(from: string, to: string): string | null {
  if (!to.startsWith('src/')) return 'it is outside src';
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other) return null;
  const [level, otherLevel] = [levelOf(room), levelOf(other)];
  if (level === -1) return `room ${room} is not in the level table`;
  if (otherLevel === -1) return `room ${other} is not in the level table`;
  if (level === otherLevel) return `${room} is beside ${other}`;
  return level < otherLevel ? `${room} is below ${other}` : null;
}

function roomOf(file: string): string {
  const parts = file.split('/');
  return parts.length === 2 ? 'src' : (parts[1] ?? 'src');
}

function levelOf(room: string): number {
  return LEVELS.findIndex((rooms) => rooms.includes(room));
}

function readsTime(file: string, node: Node): boolean {
  if (node.type !== 'NewExpression' || CLOCKS.includes(file) || file.endsWith('.test.ts'))
    return false;
  const [callee, given] = [node['callee'], node['arguments']];
  const isDate =
    typeof callee === 'object' && callee !== null && 'name' in callee && callee.name === 'Date';
  return isDate && Array.isArray(given) && given.length === 0;
}

function isCore(file: string): boolean {
  return CORE.includes(roomOf(file)) && !file.endsWith('.test.ts');
}

/** `Math.random`, `performance.now`, whatever of `process`, an import that gives such a thing. */
function asksMachine(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    const [of, property] = [nameOf(node['object']), nameOf(node['property'])];
    return MACHINE.get(of)?.includes(property) === true || MACHINE_NAMES.includes(of);
  }
  if (node.type !== 'ImportSpecifier') return false;
  const imported = nameOf(node['imported']);
  return MACHINE_NAMES.includes(imported) || MACHINE_IMPORTS.test(imported);
}

function nameOf(value: unknown): string {
  const isNamed = typeof value === 'object' && value !== null && 'name' in value;
  return isNamed && typeof value.name === 'string' ? value.name : '';
}

function sizeProblems(file: string, text: string, nodes: readonly Node[]): readonly string[] {
  const problems: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines > MOST_LINES_OF_FILE)
    problems.push(`${file} has ${lines} lines, more than ${MOST_LINES_OF_FILE}`);
  if (file.endsWith('.test.ts')) return problems; // a suite is one function around its tests
  for (const node of nodes) {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type))
      continue;
    const first = lineOf(text, node.start);
    const length = lineOf(text, node.end) - first + 1;
    if (length > MOST_LINES_OF_FUNCTION) {
      problems.push(
        `${file}:${first} has a function of ${length} lines, more than ${MOST_LINES_OF_FUNCTION}`,
      );
    }
  }
  return problems;
}

/** `as` promises what the compiler cannot check, so a comment at it or at a function around it must say why it holds. */
function unexplainedAssertions(
  file: string,
  text: string,
  nodes: readonly Node[],
): readonly Node[] {
  if (file.endsWith('.test.ts')) return [];
  const lines = text.split('\n');
  const functions = nodes.filter((node) => FUNCTION.test(node.type));
  const hasComment = ({ start, end }: Node): boolean =>
    lines
      .slice(lineOf(text, start) - 2, lineOf(text, end))
      .some((line) => /\/\/|\*\/|^\s*\*/.test(line));
  return nodes.filter((node) => {
    if (node.type !== 'TSAsExpression' || text.slice(node.start, node.end).endsWith('as const'))
      return false;
    const around = functions.filter(({ start, end }) => start <= node.start && node.end <= end);
    return ![node, ...around].some(hasComment);
  });
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
