import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { parseYamlDefinition } from '../../src/definition/yaml/parse-definition.ts';
import { STEP_KINDS } from '../../src/handlers/kinds.ts';
import { BACKOFF_STRATEGIES } from '../../src/retry/backoff.ts';
import { typedCommands, type DocBlock } from './doc-blocks.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Type-checks every `ts` block against the public door of the package. A block is a module of its own; ```` ```ts steps/cart.ts ````
 * names the file that later blocks of the same document import it as, ```` ```ts excerpt ```` is not checked.
 *
 * @returns one line per error, at its place in the document
 */
export function typeScriptProblems(blocks: readonly DocBlock[]): readonly string[] {
  const checked = blocks.filter(
    ({ language, words }) => language === 'ts' && !words.includes('excerpt'),
  );
  if (checked.length === 0) return [];
  const folder = mkdtempSync(path.join(tmpdir(), 'tasker-docs-'));
  try {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(docsConfig()));
    const places = new Map(checked.map((block, index) => [moduleName(block, index), block]));
    for (const [name, { code }] of places) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), `${code}\nexport {};\n`);
    }
    const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
    const { status, stdout, stderr } = spawnSync(tsc, ['-p', '.', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status === 0) return [];
    return inDocuments(stdout + stderr, places);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function docsConfig(): object {
  return {
    extends: path.join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false, // a block may show a declaration that the text speaks of
      noUnusedParameters: false,
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
      paths: doors(),
    },
    include: ['docs-*/**/*.ts'],
  };
}

/** The public doors of the package, as their sources. */
function doors(): Readonly<Record<string, readonly string[]>> {
  const { exports } = readManifest();
  const targets = Object.entries(exports).flatMap(([door, target]) =>
    typeof target === 'string' ? [] : [[door, target.default] as const],
  );
  return Object.fromEntries(
    targets.map(([door, file]) => [
      path.posix.join('tasker-engine', door),
      [path.join(ROOT, file.replace('dist/', 'src/').replace(/\.js$/, '.ts'))],
    ]),
  );
}

/** Blocks of one document share a folder, so that they can import each other. */
function moduleName({ file, words }: DocBlock, index: number): string {
  const folder = `docs-${file.replace(/[^A-Za-z0-9]+/g, '-')}`;
  const shownAs = words.find((word) => word.endsWith('.ts'));
  return path.posix.join(folder, shownAs ?? `block-${index}.ts`);
}

/** The compiler's errors at their places in the documents; those of src are for `npm run types` to tell. */
function inDocuments(answer: string, places: ReadonlyMap<string, DocBlock>): readonly string[] {
  const problems = [...answer.matchAll(/^(docs-[^(]+)\((\d+),\d+\): (.*)$/gm)].flatMap(
    ([, name = '', row, message]) => {
      const block = places.get(name);
      return block === undefined
        ? []
        : [`${block.file}:${block.line + Number(row) - 1} ${message}`];
    },
  );
  if (problems.length === 0 && !answer.includes('error TS'))
    throw new Error(`the compiler did not run: ${answer}`);
  return problems;
}

/** Reads every `yaml` block that holds a whole task definition. */
export function definitionProblems(blocks: readonly DocBlock[]): readonly string[] {
  return blocks.filter(isDefinition).flatMap((block) => {
    try {
      parseYamlDefinition(`${block.code}\n`, {
        file: path.join(ROOT, block.file),
        environment: 'development',
        kinds: STEP_KINDS,
        strategies: new Set(BACKOFF_STRATEGIES.keys()),
      });
      return [];
    } catch (error) {
      return [`${block.file}:${block.line} ${String(error)}`];
    }
  });
}

/** Whether a block is a whole definition, as opposed to a few lines of one. */
export function isDefinition({ language, words, code }: DocBlock): boolean {
  if (!['yaml', 'yml'].includes(language) || words.includes('excerpt')) return false;
  return /^name:/m.test(code) && /^step_templates:/m.test(code);
}

/** Checks that the commands of shell blocks exist: `npx tasker …` with its options, and `npm run …`. */
export function commandProblems(blocks: readonly DocBlock[]): readonly string[] {
  const shell = blocks.filter(({ language }) =>
    ['bash', 'sh', 'shell', 'console'].includes(language),
  );
  const scripts = readScripts();
  return shell.flatMap((block) =>
    typedCommands(block).flatMap(({ line, words }) => {
      const problem = taskerProblem(words) ?? npmProblem(words, scripts);
      return problem === null ? [] : [`${block.file}:${line} ${problem}`];
    }),
  );
}

function taskerProblem(words: readonly string[]): string | null {
  const typed = words[0] === 'npx' ? words.slice(1) : words;
  if (typed[0] !== 'tasker') return null;
  let command: Command = program();
  const known = new Set(optionNames(command));
  for (const word of typed.slice(1)) {
    if (word.startsWith('-')) {
      const name = word.split('=')[0] ?? word;
      if (!known.has(name)) return `there is no option ${name} of ${typed.join(' ')}`;
      continue;
    }
    const next = command.commands.find(
      (child) => child.name() === word || child.aliases().includes(word),
    );
    if (next === undefined && command.commands.length > 0)
      return `there is no command ${typed.join(' ')}`;
    if (next === undefined) continue; // an argument
    command = next;
    for (const name of optionNames(command)) known.add(name);
  }
  return null;
}

function program(): Command {
  const unused = (): never => {
    throw new Error('no command is run here');
  };
  const silent = { write: () => {}, isTTY: false };
  const io = {
    out: silent,
    err: silent,
    environment: readEnvironment(),
    directory: ROOT,
    pid: 0,
    isRunning: unused,
    user: 'reader',
    size: () => ({ columns: 80, rows: 24 }),
    now: unused,
    onStop: unused,
    onStrayRejection: unused,
  };
  const toolbox = {
    createTasker: unused,
    startService: unused,
    createClient: unused,
    taskFilter: unused,
    remoteTasker: unused,
    watchFiles: unused,
    loadModule: unused,
    migrationScript: unused,
    version: () => '0.0.0',
  };
  return createProgram({ io, toolbox, done: unused });
}

function optionNames(command: Command): readonly string[] {
  const own = command.options.flatMap(({ short, long }) =>
    [short, long].filter((name) => name !== undefined),
  );
  return [...own, '-h', '--help', '-V', '--version'];
}

function npmProblem(words: readonly string[], scripts: ReadonlySet<string>): string | null {
  if (words[0] !== 'npm') return null;
  const [, verb = '', name = ''] = words;
  const script = verb === 'run' ? name : verb;
  const isScript = verb === 'run' || verb === 'start' || verb === 'test';
  return isScript && !scripts.has(script)
    ? `there is no script for npm ${words.slice(1).join(' ')}`
    : null;
}

function readScripts(): ReadonlySet<string> {
  return new Set(Object.keys(readManifest().scripts));
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest; // sound: our own package.json
}
