import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type ChildWorker } from '../../chaos/child.mjs';
import { WORK_FILES } from '../../chaos/tasks.mjs';
import type { DatabaseOptions, WorkerOptions } from '../../src/index.ts';

export type { ChildWorker } from '../../chaos/child.mjs';

/** One line of the witness file: written and on the disk before the handler goes on. */
export interface Witnessed {
  readonly moment: 'begin' | 'end';
  readonly taskId: number;
  readonly step: string;
  readonly attempt: number;
  readonly pid: number;
}

/** A folder with definitions and a witness file, and the children that use it. */
export interface ChildLab {
  readonly directory: string;
  /** The folder of the definitions, for a Tasker of the test's own. */
  readonly tasks: string;
  /** @param execArgv options of Node @default none */
  start(
    database: DatabaseOptions,
    worker?: WorkerOptions,
    execArgv?: readonly string[],
  ): ChildWorker;
  witnessed(): readonly Witnessed[];
  /** A path for `hold`; the steps that wait for it go on once `release` has made the file. */
  holdFile(name: string): string;
  release(name: string): void;
  /** Ends every child that still lives, and removes the folder. */
  close(): Promise<void>;
}

/** Opens a lab. @param schema the schema that the children work in */
export function openChildLab(schema: string): ChildLab {
  const directory = mkdtempSync(join(tmpdir(), 'tasker-crash-'));
  const tasks = join(directory, 'tasks');
  const witness = join(directory, 'witness');
  mkdirSync(tasks);
  writeFileSync(witness, '');
  for (const [name, definition] of Object.entries(WORK_FILES))
    writeFileSync(join(tasks, `${name}.yaml`), JSON.stringify(definition)); // JSON is YAML
  const children = new Set<ChildWorker>();
  return {
    directory,
    tasks,
    start(database, worker = {}, execArgv = []) {
      const given = { database, schema, tasks, witness, worker };
      const child = startChild(given, { directory, execArgv });
      children.add(child);
      return child;
    },
    witnessed: () =>
      readFileSync(witness, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map(toWitnessed),
    holdFile: (name) => join(directory, name),
    release: (name) => writeFileSync(join(directory, name), ''),
    async close() {
      await Promise.all([...children].map((child) => child.kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function toWitnessed(line: string): Witnessed {
  const [moment, taskId, step = '', attempt, pid] = line.split(' ');
  return {
    moment: moment === 'begin' ? 'begin' : 'end',
    taskId: Number(taskId),
    step,
    attempt: Number(attempt),
    pid: Number(pid),
  };
}
