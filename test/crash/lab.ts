import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { connectPg } from '../../src/db/pg.ts';
import type { Db } from '../../src/db/db.ts';
import { createTasker, type Json, type Tasker, type WorkerOptions } from '../../src/index.ts';
import {
  openChildLab,
  type ChildLab,
  type ChildWorker,
  type Witnessed,
} from '../support/child-worker.ts';
import { assertInvariants } from '../support/invariants.ts';
import { freshDatabase } from '../support/postgres.ts';

export const SCHEMA = 'crash';

/** A worker that is missed after 1.5 s. */
export const SHORT_LEASE: WorkerOptions = {
  concurrency: 8,
  lease: '1500ms',
  heartbeat: '300ms',
  pollInterval: '200ms',
};

/** A worker that nobody misses during a test, however slow the machine is. */
export const LONG_LEASE: WorkerOptions = { ...SHORT_LEASE, lease: '30s', heartbeat: '1s' };

/** A database, workers in processes of their own, and a Tasker of the test that only creates and looks. */
export interface CrashLab extends ChildLab {
  readonly url: string;
  readonly tasker: Tasker;
  readonly db: Db;
  /** Starts a worker; resolves once it works. */
  worker(options?: WorkerOptions, url?: string): Promise<ChildWorker>;
  /** Creates tasks of one definition with the same plan. */
  create(name: string, count: number, plan?: Json): Promise<readonly number[]>;
  /** Waits for tasks, and expects each to have ended like this. */
  settled(taskIds: readonly number[], status: string): Promise<void>;
  /** How often each outcome of past attempts is on record, such as `lost: 2`. */
  outcomes(): Promise<Readonly<Record<string, number>>>;
  /** Expects that the data keeps every law, and that whatever ran was recorded before it ran. */
  audit(): Promise<void>;
}

/** The compiled package is what children run. */
export function compile(): void {
  execFileSync(process.execPath, [
    fileURLToPath(new URL('../../scripts/ensure.mjs', import.meta.url)),
  ]);
}

/** @param url a server's address, or null for a database of its own on the test server */
export async function openCrashLab(url: string | null = null): Promise<CrashLab> {
  const database = url === null ? await freshDatabase() : { url, drop: () => Promise.resolve() };
  const children = openChildLab(SCHEMA);
  const db = connectPg({ connectionString: database.url });
  const tasker = createTasker({
    database: database.url,
    schema: SCHEMA,
    migrate: true,
    worker: false,
    handlers: { work: () => null },
  });
  let created = 0;
  await tasker.register(children.tasks);
  await tasker.start();
  return {
    ...children,
    url: database.url,
    tasker,
    db,
    async worker(options = SHORT_LEASE, address = database.url) {
      const child = children.start(address, options);
      await child.ready;
      return child;
    },
    async create(name, count, plan = {}) {
      const requests = Array.from({ length: count }, () => ({
        context: { plan, number: (created += 1) }, // no two requests are the same
      }));
      return (await tasker.createMany(name, requests)).map(({ taskId }) => taskId);
    },
    async settled(taskIds, status) {
      await Promise.all(taskIds.map((taskId) => tasker.waitFor(taskId, { timeout: '50s' }))).catch(
        async (error: unknown) => {
          throw new Error(`not settled: ${await describeOpen(tasker, taskIds)}`, { cause: error });
        },
      );
      const ended = await Promise.all(taskIds.map((taskId) => tasker.task(taskId)));
      expect(ended.filter((task) => task.status !== status)).toEqual([]);
    },
    async outcomes() {
      const { rows } = await db.query({
        text: `select outcome::text, count(*)::int as runs from ${SCHEMA}.step_attempts group by 1 order by 1`,
      });
      return Object.fromEntries(rows.map((row) => [String(row['outcome']), Number(row['runs'])]));
    },
    async audit() {
      expect(await tasker.verify()).toEqual([]);
      await assertInvariants(db, SCHEMA);
      await expectRunsRecorded(tasker, children.witnessed());
    },
    async close() {
      await children.close();
      await tasker.stop();
      await db.close();
      await database.drop();
    },
  };
}

/** The first steps that keep tasks open, and the workers, for the message of a failure. */
async function describeOpen(tasker: Tasker, taskIds: readonly number[]): Promise<string> {
  const lines: string[] = [];
  for (const taskId of taskIds) {
    const { status, name } = await tasker.task(taskId);
    if (!['pending', 'in_progress'].includes(status)) continue;
    for (const step of await tasker.steps(taskId)) {
      if (step.processed) continue;
      lines.push(
        `${taskId} ${name} ${step.name}: ${step.status}, attempts ${step.attempts}, waits for ${step.waitingOn}, ` +
          `worker ${step.workerId}, ready ${step.readyAt?.toISOString() ?? 'not queued'}`,
      );
    }
  }
  const workers = (await tasker.workers()).map((w) => `worker ${w.workerId}: ${w.state}`);
  return `\n${[...lines.slice(0, 12), ...workers].join('\n')}`;
}

/** Every run that a handler witnessed is an attempt on record, and no attempt was run twice. */
async function expectRunsRecorded(tasker: Tasker, lines: readonly Witnessed[]): Promise<void> {
  const begun = lines.filter(({ moment }) => moment === 'begin');
  const runs = begun.map(({ taskId, step, attempt }) => `${taskId} ${step} ${attempt}`);
  expect(runs.filter((run, index) => runs.indexOf(run) !== index)).toEqual([]);
  const recorded = new Set<string>();
  for (const taskId of new Set(begun.map((line) => line.taskId))) {
    for (const { step, attempt } of await tasker.attempts(taskId))
      recorded.add(`${taskId} ${step} ${attempt}`);
  }
  expect(runs.filter((run) => !recorded.has(run))).toEqual([]);
}

/** How often each step of a task began, by its name. */
export function begins(
  lines: readonly Witnessed[],
  taskId: number,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    if (line.moment === 'begin' && line.taskId === taskId)
      counts[line.step] = (counts[line.step] ?? 0) + 1;
  }
  return counts;
}

/** Waits for something that is seen in the witness file. */
export function hasBegun(lab: ChildLab, taskId: number, step: string, attempt = 1): boolean {
  return lab
    .witnessed()
    .some(
      (line) =>
        line.moment === 'begin' &&
        line.taskId === taskId &&
        line.step === step &&
        line.attempt === attempt,
    );
}

/** Numbers in [0, 1) from a seed (mulberry32), which is printed with the name of what it drives. */
export function seededRandom(what: string): () => number {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${what}: TEST_SEED=${seed}`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
