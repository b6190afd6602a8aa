import type { TaskerOptions } from '../../src/config/options.ts';
import type { Toolbox } from '../../src/cli/toolbox.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { Progress } from '../../src/cli/output/explain.ts';
import { recordedIo } from './recorded-io.ts';
import type { RecordedIo, RecordedIoOptions } from './recorded-io.ts';
import { runCli } from '../../src/cli/program.ts';

/**
 * A Tasker that answers with what a test gives, for the shape of what commands print. A verb that was not given must not be called.
 * What commands do to a database is tested on databases, in end-to-end.test.ts.
 */
export function fakeTasker(verbs: Partial<Tasker>, calls: string[] = []): Tasker {
  const given: Partial<Tasker> = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    on: () => () => undefined,
    about: () =>
      Promise.resolve({
        database: 'a test database',
        durability: 'sync',
        schema: 'tasker',
        hearsOthers: true,
      }),
    ...verbs,
  };
  const tasker: unknown = new Proxy(given, {
    get(target, verb, receiver) {
      if (verb === 'then') return undefined; // a promise asks whether it resolves to a promise
      if (!Reflect.has(target, verb)) throw new Error(`${String(verb)} was not expected`);
      calls.push(String(verb));
      return Reflect.get(target, verb, receiver) as unknown; // sound: handed on as it is
    },
  });
  return tasker as Tasker; // sound: a verb that is not there throws
}

/** The reading verbs of one task. */
export function readingVerbs(progress: Progress): Partial<Tasker> {
  return {
    task: () => Promise.resolve(progress.task),
    steps: () => Promise.resolve(progress.steps),
    attempts: () => Promise.resolve(progress.attempts),
  };
}

/** What one command line did. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The verbs that were called, in order. */
  readonly calls: readonly string[];
  /** The options that createTasker got. */
  readonly options: readonly TaskerOptions[];
}

/** Runs a command line against a fake; `--database` is named so that no embedded database is looked for. */
export async function runWith(
  verbs: Partial<Tasker>,
  args: readonly string[],
  settings: RecordedIoOptions & { readonly prepare?: (io: RecordedIo) => void } = {},
): Promise<Ran> {
  const io = recordedIo({ variables: { DATABASE_URL: 'postgres://test' }, ...settings });
  const calls: string[] = [];
  const options: TaskerOptions[] = [];
  settings.prepare?.(io);
  const toolbox: Toolbox = {
    createTasker(given) {
      options.push(given);
      return Promise.resolve(fakeTasker(verbs, calls));
    },
    startService: () => Promise.reject(new Error('not expected')),
    createClient: () => Promise.reject(new Error('not expected')),
    taskFilter: () => Promise.reject(new Error('not expected')),
    remoteTasker: () => Promise.reject(new Error('not expected')),
    watchFiles: () => Promise.reject(new Error('not expected')),
    loadModule: () => Promise.reject(new Error('not expected')),
    migrationScript: (schema) => Promise.resolve(`create schema "${schema}";\n`),
    version: () => '0.0.0',
  };
  const exitCode = await runCli(args, io, toolbox);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr(), calls, options };
}
