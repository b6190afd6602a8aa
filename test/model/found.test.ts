/** What the model found, each as the shortest history that shows it. */
import { expect, test } from 'vitest';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { expectSame } from './commands.ts';
import * as engine from './engine-side.ts';
import { labOf, setClock } from './lab.ts';
import { claim, fail, finish, wake } from './model.ts';
import { begin } from './run.ts';
import { taskOf, type Plan, type PlanStep } from './world.ts';

const step: PlanStep = {
  needs: [],
  limit: 3,
  again: true,
  optional: false,
  queue: 'default',
  pause: { how: 'fixed', base: 1_000, most: 1_000 },
};
const pair: Plan = { name: 'pair', steps: [step, step], lanes: null, sameWithin: null };

describeOnEachDatabase('found by the model:', (database) => {
  const lab = labOf(database);

  test('a task ends although its last failure came with a late one, which was refused', async () => {
    const { world, trial } = await begin(lab(), [pair]);
    const take = async (worker: number) => {
      const ask = { queue: 'default', room: 9 };
      const real = { ...ask, tokens: [], takesOn: false, queues: ['default'] };
      expect((await engine.report(trial, worker, real)).given).toHaveLength(2 - worker);
      return claim(world, worker, ask);
    };
    const give = async (failures: Parameters<typeof fail>[1]) => {
      expect(await engine.reportFailures(trial, failures)).toEqual(fail(world, failures));
    };
    const [first, second] = await take(0);
    if (!first || !second) throw new Error('both steps were ready');
    await give([{ token: first, failure: { how: 'error' } }]);
    world.now += 1_000;
    await setClock(trial.lab, world.now);
    await trial.parts.store.promoteDue(trial.parts.db);
    wake(world);
    const [again] = await take(1);
    if (!again) throw new Error('the first step was due again');
    await give([
      { token: first, failure: { how: 'error' } }, // late: another worker runs it by now
      { token: second, failure: { how: 'for_good' } },
    ]);
    const report = { tokens: [again], takesOn: true, queue: 'default', room: 0 };
    await engine.report(trial, 1, { ...report, queues: ['default'] });
    finish(world, 1, report);
    expect(taskOf(world, 0).stage).toBe('failed');
    await expectSame(world, trial);
  });
});
