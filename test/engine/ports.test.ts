import { expect, test } from 'vitest';
import { defineTask, RetryableError } from '../../src/index.ts';
import { systemPorts, type Ports } from '../../src/kernel/ports.ts';
import { assembleTasker } from '../../src/tasker.ts';
import { describeOnEachDatabase, type TestDatabase } from '../support/each-database.ts';
import { assertInvariants } from '../support/invariants.ts';

const DAY_MS = 86_400_000;

describeOnEachDatabase('the machine that a Tasker runs on', (database) => {
  test('is a parameter: its name, its chance and its time of day are those that it was given', async () => {
    const chances: number[] = [];
    const longAgo = new Date('2001-02-03T04:05:06Z');
    const ports: Ports = {
      ...systemPorts,
      clock: { now: () => longAgo },
      random: () => {
        chances.push(0);
        return 0;
      },
      process: { hostname: 'another-machine', pid: 7 },
    };
    const db = database.db();
    const tasker = assembleTasker(
      { schema: database.schema, migrate: true, notify: false },
      () => Promise.resolve({ db: { ...methods(db), close: () => Promise.resolve() }, shown: '' }),
      ports,
    );
    const later = new Date(longAgo.getTime() + DAY_MS);
    await tasker.register(
      defineTask({ name: 'waits', identity: 'none' }, (t) => {
        t.step('until-tomorrow', {}, () => {
          throw new RetryableError('come back tomorrow', { retryAfter: later });
        });
      }),
    );
    await tasker.start();
    try {
      const [worker] = await tasker.workers();
      expect(worker).toMatchObject({
        hostname: 'another-machine',
        pid: 7,
        name: 'another-machine:7',
      });
      const { taskId } = await tasker.create('waits', { context: {} });
      await expect
        .poll(async () => (await tasker.step(taskId, 'until-tomorrow')).status, { timeout: 20_000 })
        .toBe('error');
      const [attempt] = await tasker.attempts(taskId);
      // The date is a day after what the machine takes for today; when that day is over, the database decides.
      const { readyAt } = await tasker.step(taskId, 'until-tomorrow');
      const waitMs = (readyAt?.getTime() ?? 0) - (attempt?.finishedAt?.getTime() ?? 0);
      expect(Math.round(waitMs / 1_000)).toBe(DAY_MS / 1_000);
      expect(chances.length).toBeGreaterThan(0);
    } finally {
      await tasker.stop();
    }
    await assertInvariants(db, database.schema);
  });
});

/** The methods of a database, bound, so that one of them can be replaced. */
function methods(db: ReturnType<TestDatabase['db']>) {
  return {
    kind: db.kind,
    threadConnection: null,
    durability: () => db.durability(),
    query: db.query.bind(db),
    transaction: db.transaction.bind(db),
    script: db.script.bind(db),
    listen: db.listen.bind(db),
  };
}
