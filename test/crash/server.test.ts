import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { compile, hasBegun, openCrashLab, SHORT_LEASE, type CrashLab } from './lab.ts';

describeOnPostgres('a server that goes away under load', () => {
  let server: PostgresServer;
  let lab: CrashLab;
  beforeAll(compile);
  beforeEach(async () => {
    const started = await startPostgres();
    if (started === null) throw new Error('this machine has a server but no programs to start one');
    server = started;
    lab = await openCrashLab(server.url);
  });
  afterEach(async () => {
    await lab.close();
    await server.dispose();
  });

  const LOAD = { '*': { ms: 60 } };

  test.each([
    ['is restarted', () => server.stop('fast')],
    ['is killed', () => server.kill()],
  ])('%s, and the workers resume by themselves with nothing lost', async (_, goAway) => {
    const workers = [await lab.worker(), await lab.worker()];
    const tasks: number[] = [];
    for (const name of ['diamond', 'chain', 'fan', 'narrow'])
      tasks.push(...(await lab.create(name, 8, LOAD)));
    const ends = (): number => lab.witnessed().filter((line) => line.moment === 'end').length;
    await until('the load is under way', () => ends() > 40);
    await goAway();
    await server.restart();
    const [from, upAt] = [ends(), performance.now()];
    await until('work goes on', () => ends() > from);
    console.info(
      `work went on ${Math.round(performance.now() - upAt)} ms after the server accepted`,
    );
    await lab.settled(tasks, 'complete');
    expect(workers.map((worker) => worker.hasEnded())).toEqual([false, false]);
    console.info(`past attempts ${JSON.stringify(await lab.outcomes())}`);
    await lab.audit();
  });

  test('and stays away for longer than the lease costs no worker its steps', async () => {
    const seldom = { ...SHORT_LEASE, lease: '6s', heartbeat: '2s' } as const;
    const workers = [await lab.worker(seldom), await lab.worker(seldom)];
    const tasks = await lab.create('diamond', 6, { b: { hold: lab.holdFile('go') } });
    await until('every b runs', () => tasks.every((taskId) => hasBegun(lab, taskId, 'b')));
    await server.stop('fast');
    await pause(8_000); // the time of the outage, not a wait for anything
    await server.restart();
    const upAt = new Date().toISOString();
    await until('both leases are renewed', async () =>
      (await lab.tasker.workers()).every(({ heartbeatAt }) => heartbeatAt.toISOString() > upAt),
    );
    lab.release('go');
    await lab.settled(tasks, 'complete');
    expect(workers.map((worker) => worker.hasEnded())).toEqual([false, false]);
    expect(await lab.outcomes()).toEqual({});
    await lab.audit();
  });
});
