import { expect } from 'vitest';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import type { TaskerEvents } from '../../src/engine/types.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { Engine } from '../support/engine.ts';

/** Who asks for the tasks of the tests. */
export const by = { initiator: 'test', reason: 'test', sourceSystem: 'test' };

/** Who acts on them. */
export const operator = { actor: 'olga', reason: 'asked by a test' };

/** Waits until a task is settled; answers `name status` of each step. */
export async function settled(tasker: Tasker, taskId: number): Promise<readonly string[]> {
  await tasker.waitFor(taskId, { timeout: '30s' });
  return statuses(tasker, taskId);
}

/** `name status` of each step, in template order. */
export async function statuses(tasker: Tasker, taskId: number): Promise<readonly string[]> {
  return (await tasker.steps(taskId)).map((step) => `${step.name} ${step.status}`);
}

/** The status of a task. */
export async function statusOf(tasker: Tasker, taskId: number): Promise<string> {
  return (await tasker.task(taskId)).status;
}

/** The operator log of a task as `action step: from -> to`. */
export async function logOf(tasker: Tasker, taskId: number): Promise<readonly string[]> {
  return (await tasker.operatorLog(taskId)).map(
    (entry) =>
      `${entry.action}${entry.step === null ? '' : ` ${entry.step}`}: ${entry.fromStatus} -> ${entry.toStatus}`,
  );
}

/** Expects a verb to be refused with a code. */
export async function refused(verb: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(verb).rejects.toMatchObject({ name: 'TaskerError', code });
}

/** Every event of an engine from now on, in order, as its name and payload. */
export function recordEvents(
  tasker: Tasker,
  names: readonly (keyof TaskerEvents)[],
): readonly { readonly name: string; readonly payload: object }[] {
  const seen: { name: string; payload: object }[] = [];
  for (const name of names) tasker.on(name, (payload) => void seen.push({ name, payload }));
  return seen;
}

const COUNTED = [
  'task_definitions',
  'named_steps',
  'tasks',
  'workflow_steps',
  'ready_steps',
  'step_attempts',
  'task_identities',
  'operator_log',
  'annotation_types',
  'task_annotations',
  'dependent_systems',
  'dependent_system_object_maps',
];

/** How many rows every table has that a verb may write. */
export async function rowCounts(engine: Engine): Promise<Readonly<Record<string, unknown>>> {
  const counts = COUNTED.map(
    (table) => `(select count(*)::int from {schema}.${table}) as ${table}`,
  );
  const [row] = await engine.sql(`select ${counts.join(', ')}`);
  return row ?? {};
}

/** Expects that a verb is refused and leaves every table as it was. */
export async function refusedWithoutTrace(
  engine: Engine,
  verb: () => Promise<unknown>,
  code: ErrorCode,
): Promise<void> {
  const before = await rowCounts(engine);
  await refused(verb(), code);
  expect(await rowCounts(engine)).toEqual(before);
}

/** Counts how many runs overlap, and the most that ever did. */
export function overlapMeter(): { enter(): void; leave(): void; readonly most: number } {
  let now = 0;
  let most = 0;
  return {
    enter() {
      now += 1;
      most = Math.max(most, now);
    },
    leave() {
      now -= 1;
    },
    get most() {
      return most;
    },
  };
}

/** Lets other runs take their turn: some turns of the event loop, no wall-clock time. */
export async function breathe(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
