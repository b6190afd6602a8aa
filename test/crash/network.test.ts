import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { tcpProxy, type TcpProxy } from '../../chaos/proxy.mjs';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import {
  begins,
  compile,
  hasBegun,
  LONG_LEASE,
  openCrashLab,
  seededRandom,
  SHORT_LEASE,
  type CrashLab,
} from './lab.ts';

describeOnPostgres('a network that breaks', () => {
  let lab: CrashLab;
  let proxy: TcpProxy;
  beforeAll(compile);
  beforeEach(async () => {
    lab = await openCrashLab();
    proxy = await tcpProxy(lab.url);
  });
  afterEach(async () => {
    await lab.close();
    await proxy.close();
  });

  /** Cuts for a moment every connection that sends this, until the tasks are settled. Answers how often. */
  const cutWhile = async (
    texts: readonly string[],
    tasks: readonly number[],
    random: () => number,
  ) => {
    const open = new Set(tasks);
    let moments = 0;
    while (open.size > 0) {
      proxy.cutAfter(texts[Math.floor(random() * texts.length)] ?? '');
      await pause(50 + random() * 150); // the rhythm of the cuts, not a wait for anything
      proxy.cutAfter('nothing that is ever sent');
      moments += 1;
      await pause(100 + random() * 300);
      for (const taskId of open)
        if ((await lab.tasker.task(taskId)).settledAt !== null) open.delete(taskId);
      if (moments > 60) break;
    }
    return moments;
  };

  test('between a flush and its answer strands nothing and runs nothing twice', async () => {
    const random = seededRandom('cuts of the flush');
    const worker = await lab.worker(LONG_LEASE, proxy.url);
    const plan = { '*': { ms: 60 } };
    const tasks = [
      ...(await lab.create('diamond', 30, plan)),
      ...(await lab.create('chain', 10, plan)),
      ...(await lab.create('fan', 3, plan)),
      ...(await lab.create('single', 30, { '*': { ms: 60, failUntil: 2 } })),
    ];
    const moments = await cutWhile(['advance-steps', 'fail-steps'], tasks, random);
    const doubts = worker.told.filter((text) => text.includes('a statement is in doubt')).length;
    console.info(`${moments} moments of cutting, ${doubts} statements in doubt`);
    await lab.settled(tasks, 'complete');
    expect(doubts).toBeGreaterThan(1);
    expect(await lab.outcomes()).toEqual({ error: 30 });
    const begun = lab.witnessed().filter((line) => line.moment === 'begin');
    expect(begun).toHaveLength(30 * 4 + 10 * 10 + 3 * 22 + 30 * 2);
    await lab.audit();
  });

  test('while claimed steps are being prepared or given back loses none of them', async () => {
    const random = seededRandom('cuts of everything');
    const plan = { '*': { ms: 10 } };
    await lab.worker(LONG_LEASE, proxy.url);
    const tasks = [
      ...(await lab.create('diamond', 20, plan)),
      ...(await lab.create('narrow', 10, plan)),
    ];
    await cutWhile(
      ['advance-steps', 'load-', 'task-states', 'enqueue-steps', 'promote-due'],
      tasks,
      random,
    );
    await lab.settled(tasks, 'complete');
    expect(await lab.outcomes()).toEqual({});
    await lab.audit();
  });

  test(
    'and goes silent: others take over, and the worker is of use again once it heals',
    { timeout: 90_000 },
    async () => {
      const silenced = await lab.worker(SHORT_LEASE, proxy.url);
      const [order = 0] = await lab.create('diamond', 1, {
        b: { hold: lab.holdFile('go'), times: 1 },
      });
      await until('b runs', () => hasBegun(lab, order, 'b'));
      const other = await lab.worker();
      proxy.blackhole();
      lab.release('go');
      await lab.settled([order], 'complete');
      expect(begins(lab.witnessed(), order)).toMatchObject({ b: 2, d: 1 });
      expect((await lab.tasker.steps(order))[1]).toMatchObject({
        results: { attempt: 2, pid: other.pid },
      });
      proxy.heal();
      other.signal('SIGTERM');
      await other.ended;
      const [next = 0] = await lab.create('single', 1);
      await lab.settled([next], 'complete');
      expect(lab.witnessed().at(-1)).toMatchObject({ moment: 'end', pid: silenced.pid });
      await lab.audit();
    },
  );
});
