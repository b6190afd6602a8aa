import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import type { ChildWorker } from '../support/child-worker.ts';
import { begins, compile, hasBegun, openCrashLab, SHORT_LEASE, type CrashLab } from './lab.ts';

describeOnPostgres('a worker that dies', () => {
  let lab: CrashLab;
  beforeAll(compile);
  beforeEach(async () => {
    lab = await openCrashLab();
  });
  afterEach(() => lab.close());

  /** Starts a worker whenever the last one has died, until a task is settled. Answers how many died. */
  const surviveUntilSettled = async (
    taskId: number,
    execArgv: readonly string[] = [],
  ): Promise<number> => {
    const start = async (): Promise<ChildWorker> => {
      const child = lab.start(lab.url, SHORT_LEASE, execArgv);
      await child.ready;
      return child;
    };
    let died = 0;
    let child = await start();
    while ((await lab.tasker.task(taskId)).settledAt === null) {
      if (child.hasEnded()) {
        died += 1;
        child = await start();
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

  test.each([
    ['exit', []],
    ['abort', []],
    ['memory', ['--max-old-space-size=64']],
    ['overflow', ['--stack-size=65500']], // more than the system gives: the process dies of what is an error elsewhere
  ])(
    'by %s in a handler uses up the attempts of that step, and its neighbours complete',
    async (exit, execArgv) => {
      const neighbours = await lab.create('diamond', 5, { '*': { ms: 30 } });
      const [poison = 0] = await lab.create('poison', 1, { only: { exit, ms: 60 } });
      expect(await surviveUntilSettled(poison, execArgv)).toBeGreaterThanOrEqual(1);
      await lab.settled([poison], 'error');
      const [only, after] = await lab.tasker.steps(poison);
      expect(only).toMatchObject({ status: 'error', attempts: 2, error: { code: 'POISON' } });
      expect(after).toMatchObject({ status: 'pending', attempts: 0 });
      await lab.worker();
      await lab.settled(neighbours, 'complete');
      await lab.audit();
    },
  );

  test('is not what a stack overflow of a handler comes to: that is an error like any other', async () => {
    const worker = await lab.worker();
    const neighbours = await lab.create('diamond', 2);
    const [deep = 0] = await lab.create('poison', 1, { only: { exit: 'overflow' } });
    await lab.settled([deep], 'error');
    const [only] = await lab.tasker.steps(deep);
    expect(only).toMatchObject({ status: 'error', attempts: 2, error: { name: 'RangeError' } });
    expect(await lab.outcomes()).toEqual({ error: 2 });
    await lab.settled(neighbours, 'complete');
    expect(worker.hasEnded()).toBe(false);
    await lab.audit();
  });

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
