import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import type { ChildWorker } from '../support/child-worker.ts';
import {
  begins,
  compile,
  hasBegun,
  LONG_LEASE,
  openCrashLab,
  seededRandom,
  type CrashLab,
} from './lab.ts';

describeOnPostgres('a worker that pauses', () => {
  let lab: CrashLab;
  beforeAll(compile);
  beforeEach(async () => {
    lab = await openCrashLab();
  });
  afterEach(() => lab.close());

  const lateResultIsRefused = (worker: ChildWorker): boolean =>
    worker.told.some((text) => /event step\.lease_lost|declared lost/.test(text));

  /** A worker that was declared lost is of use again: it can finish a task when it is the only one. */
  const worksAgain = async (revived: ChildWorker, other: ChildWorker): Promise<void> => {
    other.signal('SIGTERM');
    expect(await other.ended).toEqual({ code: 0, signal: null });
    const [next = 0] = await lab.create('diamond', 1);
    await lab.settled([next], 'complete');
    const pids = new Set(
      lab.witnessed().flatMap((line) => (line.taskId === next ? [line.pid] : [])),
    );
    expect([...pids]).toEqual([revived.pid]);
  };

  test('by SIGSTOP beyond its lease loses its steps, and what it says later is refused', async () => {
    const paused = await lab.worker();
    const [order = 0] = await lab.create('diamond', 1, {
      b: { hold: lab.holdFile('go'), times: 1 },
    });
    await until('b runs', () => hasBegun(lab, order, 'b'));
    const other = await lab.worker();
    paused.signal('SIGSTOP');
    lab.release('go');
    await lab.settled([order], 'complete');
    paused.signal('SIGCONT');
    await until('the late result is refused', () => lateResultIsRefused(paused));
    const [, b] = await lab.tasker.steps(order);
    expect(b).toMatchObject({
      status: 'complete',
      attempts: 2,
      results: { attempt: 2, pid: other.pid },
    });
    expect(begins(lab.witnessed(), order)).toMatchObject({ b: 2, d: 1 });
    await worksAgain(paused, other);
    await lab.audit();
  });

  test('because its event loop does not turn for longer than the lease loses its steps', async () => {
    const blocked = await lab.worker();
    const [order = 0] = await lab.create('diamond', 1, {
      b: { busyUntil: lab.holdFile('go'), times: 1 },
    });
    await until('b runs', () => hasBegun(lab, order, 'b'));
    const other = await lab.worker();
    await lab.settled([order], 'complete');
    const ends = lab.witnessed().filter((line) => line.moment === 'end' && line.step === 'b');
    expect(ends.map((line) => line.pid)).toEqual([other.pid]); // the first run is still busy
    lab.release('go');
    await until('the late result is refused', () => lateResultIsRefused(blocked));
    expect((await lab.tasker.steps(order))[1]).toMatchObject({
      attempts: 2,
      results: { attempt: 2, pid: other.pid },
    });
    await worksAgain(blocked, other);
    await lab.audit();
  });

  test('for less than the lease keeps it, because the heartbeat has a thread of its own', async () => {
    const worker = await lab.worker({ ...LONG_LEASE, lease: '4s', heartbeat: '200ms' });
    await lab.worker({ ...LONG_LEASE, queues: ['other'] }); // looks for lost workers, and has nothing else to do
    const [order = 0] = await lab.create('single', 1, { only: { busyMs: 3_000 } });
    await until('the step is busy', () => hasBegun(lab, order, 'only'));
    const beats = new Set<string>();
    await until('the step is done', async () => {
      const workers = await lab.tasker.workers();
      const heartbeatAt = workers.find(({ pid }) => pid === worker.pid)?.heartbeatAt;
      if (heartbeatAt) beats.add(heartbeatAt.toISOString());
      return (await lab.tasker.task(order)).settledAt !== null;
    });
    expect(beats.size).toBeGreaterThan(5);
    await lab.settled([order], 'complete');
    expect(await lab.outcomes()).toEqual({});
    await lab.audit();
  });

  test('by SIGTERM finishes what runs, gives nothing up, and ends with 0 while another goes on', async () => {
    const plan = { '*': { ms: 40 } };
    const leaving = await lab.worker(LONG_LEASE);
    const staying = await lab.worker(LONG_LEASE);
    const tasks = [
      ...(await lab.create('diamond', 30, plan)),
      ...(await lab.create('narrow', 5, plan)),
      ...(await lab.create('chain', 5, plan)),
    ];
    await until('both are at work', () => {
      const pids = new Set(lab.witnessed().map((line) => line.pid));
      return pids.has(leaving.pid) && pids.has(staying.pid);
    });
    leaving.signal('SIGTERM');
    expect(await leaving.ended).toEqual({ code: 0, signal: null });
    await lab.settled(tasks, 'complete');
    const lines = lab.witnessed();
    const steps = 30 * 4 + 5 * 6 + 5 * 10;
    expect(lines.filter((line) => line.moment === 'begin')).toHaveLength(steps);
    expect(lines.filter((line) => line.moment === 'end')).toHaveLength(steps);
    expect(await lab.outcomes()).toEqual({});
    expect((await lab.tasker.workers()).find(({ pid }) => pid === leaving.pid)?.state).toBe(
      'stopped',
    );
    await lab.audit();
  });

  test('one after the other by SIGTERM under load, as in a rolling restart, costs no step an attempt', async () => {
    const plan = { '*': { ms: 25 } };
    let current = [await lab.worker(LONG_LEASE), await lab.worker(LONG_LEASE)];
    const tasks: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (const name of ['diamond', 'chain', 'fan', 'narrow', 'single'])
        tasks.push(...(await lab.create(name, 4, plan)));
      const [leaving, ...staying] = current;
      leaving?.signal('SIGTERM');
      current = [...staying, await lab.worker(LONG_LEASE)];
      expect(await leaving?.ended).toEqual({ code: 0, signal: null });
    }
    await lab.settled(tasks, 'complete');
    expect(await lab.outcomes()).toEqual({});
    expect(lab.witnessed()).toHaveLength(2 * 6 * 4 * (4 + 10 + 22 + 6 + 1));
    await lab.audit();
  });

  test('again and again by SIGSTOP in a storm: nothing succeeds twice, and everything completes', async () => {
    const random = seededRandom('a storm of pauses');
    const workers = [await lab.worker(), await lab.worker(), await lab.worker()];
    const tasks: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (const name of ['diamond', 'chain', 'fan', 'narrow'])
        tasks.push(...(await lab.create(name, 3, { '*': { ms: 20 + Math.floor(random() * 80) } })));
      const victims = workers.filter(() => random() < 0.6).slice(0, 2);
      victims.forEach((worker) => worker.signal('SIGSTOP'));
      await pause(500 + random() * 2_500); // up to twice the lease
      victims.forEach((worker) => worker.signal('SIGCONT'));
      await pause(random() * 300);
    }
    await lab.settled(tasks, 'complete');
    console.info(`past attempts ${JSON.stringify(await lab.outcomes())}`);
    for (const worker of workers) worker.signal('SIGTERM');
    for (const worker of workers) expect(await worker.ended).toEqual({ code: 0, signal: null });
    await lab.audit();
  });
});
