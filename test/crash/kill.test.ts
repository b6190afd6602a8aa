import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import type { ChildWorker } from '../support/child-worker.ts';
import { begins, compile, hasBegun, openCrashLab, type CrashLab } from './lab.ts';

describeOnPostgres('a worker that dies', () => {
  let lab: CrashLab;
  beforeAll(compile);
  beforeEach(async () => {
    lab = await openCrashLab();
  });
  afterEach(() => lab.close());

  /** Starts a worker whenever the last one has died, until a task is settled. Answers how many died. */
  const surviveUntilSettled = async (taskId: number): Promise<number> => {
    let died = 0;
    let child: ChildWorker = await lab.worker();
    while ((await lab.tasker.task(taskId)).settledAt === null) {
      if (child.hasEnded()) {
        died += 1;
        child = await lab.worker();
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return died;
  };

  test('in the middle of an order leaves nothing undone and nothing done twice', async () => {
    const first = await lab.worker();
    const [order = 0] = await lab.create('diamond', 1, { b: { hold: lab.holdFile('go') } });
    await until('c is complete', async () => {
      const steps = await lab.tasker.steps(order);
      return hasBegun(lab, order, 'b') && steps[2]?.status === 'complete';
    });
    await lab.worker();
    const killedAt = performance.now();
    await first.kill();
    lab.release('go');
    await until('b begins again', () => hasBegun(lab, order, 'b', 2));
    const recoveryMs = Math.round(performance.now() - killedAt);
    console.info(`taken over ${recoveryMs} ms after SIGKILL with a lease of 1500 ms`);
    expect(recoveryMs).toBeLessThan(1_500 + 3_000);
    await lab.settled([order], 'complete');
    expect(begins(lab.witnessed(), order)).toEqual({ a: 1, b: 2, c: 1, d: 1 });
    expect(await lab.outcomes()).toEqual({ lost: 1 });
    await lab.audit();
  });

  test.each(['exit', 'abort'])(
    'by %s in a handler uses up the attempts of that step, and its neighbours complete',
    async (exit) => {
      const neighbours = await lab.create('diamond', 5, { '*': { ms: 30 } });
      const [poison = 0] = await lab.create('poison', 1, { only: { exit, ms: 60 } });
      expect(await surviveUntilSettled(poison)).toBeGreaterThanOrEqual(1);
      await lab.settled([poison], 'error');
      const [only, after] = await lab.tasker.steps(poison);
      expect(only).toMatchObject({ status: 'error', attempts: 2, error: { code: 'POISON' } });
      expect(after).toMatchObject({ status: 'pending', attempts: 0 });
      await lab.worker();
      await lab.settled(neighbours, 'complete');
      await lab.audit();
    },
  );

  test('is not missed by a step whose handler never settles: its timeout ends it', async () => {
    await lab.worker();
    const [stuck = 0] = await lab.create('timed', 1, { only: { never: true } });
    const others = await lab.create('diamond', 5);
    await lab.settled(others, 'complete');
    await lab.settled([stuck], 'error');
    expect(await lab.outcomes()).toEqual({ timeout: 2 });
    expect((await lab.tasker.steps(stuck))[0]?.error).toMatchObject({ code: 'STEP_TIMEOUT' });
    await lab.audit();
  });
});
