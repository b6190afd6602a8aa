import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import type { ChildWorker } from '../support/child-worker.ts';
import { compile, openCrashLab, seededRandom, type CrashLab } from './lab.ts';

const STORM_MS = 10_000;
/** On a busy machine the storm goes on until it has hit something. */
const LONGEST_STORM_MS = 25_000;
const LOST_RUNS = 10;

describeOnPostgres('a storm of kills', () => {
  let lab: CrashLab;
  beforeAll(compile);
  beforeEach(async () => {
    lab = await openCrashLab();
  });
  afterEach(() => lab.close());

  test('loses no acknowledged task, runs nothing unrecorded, and ends with everything complete', async () => {
    const random = seededRandom('a storm of kills');
    const workers: ChildWorker[] = [
      lab.start(lab.url, STORMY),
      lab.start(lab.url, STORMY),
      lab.start(lab.url, STORMY),
    ];
    await Promise.all(workers.map((worker) => worker.ready));
    const acknowledged: number[] = [];
    const began = performance.now();
    const goesOn = async (): Promise<boolean> => {
      const passedMs = performance.now() - began;
      if (passedMs < STORM_MS) return true;
      return passedMs < LONGEST_STORM_MS && ((await lab.outcomes())['lost'] ?? 0) < LOST_RUNS;
    };
    let kills = 0;
    while (await goesOn()) {
      acknowledged.push(...(await someTasks(lab, random)));
      const [worker] = workers;
      if (worker !== undefined) askForTask(worker, acknowledged);
      await pause(200 + random() * 200); // the pace of the storm, not a wait for anything
      const victim = Math.floor(random() * workers.length);
      await workers[victim]?.ready; // one that has not begun its work proves little
      await workers[victim]?.kill();
      kills += 1;
      workers[victim] = lab.start(lab.url, STORMY);
    }
    await lab.settled(acknowledged, 'complete');
    const lines = lab.witnessed();
    console.info(
      `${kills} kills, ${acknowledged.length} tasks, ${lines.length} lines of witness, past attempts ${JSON.stringify(await lab.outcomes())}`,
    );
    expect((await lab.outcomes())['lost']).toBeGreaterThanOrEqual(LOST_RUNS);
    await Promise.all(workers.map((worker) => stopped(worker)));
    await lab.audit();
  });
});

const STORMY = {
  concurrency: 8,
  lease: '1500ms',
  heartbeat: '300ms',
  pollInterval: '200ms',
} as const;

/** Two to six tasks of the mix: diamonds, fans of 20, chains of 10, narrow tasks, retries. */
async function someTasks(lab: CrashLab, random: () => number): Promise<readonly number[]> {
  const name = ['diamond', 'diamond', 'fan', 'chain', 'narrow', 'single'][Math.floor(random() * 6)];
  const failUntil = random() < 0.2 ? 2 : 1;
  return lab.create(name ?? 'single', 2 + Math.floor(random() * 5), {
    '*': { ms: 20 + Math.floor(random() * 150), failUntil },
  });
}

/** A task that a worker's process creates: when it answers, the task must be there, whatever happens to the process. */
function askForTask(worker: ChildWorker, acknowledged: number[]): void {
  worker.create('diamond', { context: { nonce: `${worker.pid} ${performance.now()}` } }).then(
    (taskId) => acknowledged.push(taskId),
    () => undefined, // it was killed before it answered: nothing was promised
  );
}

async function stopped(worker: ChildWorker): Promise<void> {
  await worker.ready;
  worker.signal('SIGTERM');
  expect(await worker.ended).toEqual({ code: 0, signal: null });
}
