/** What must not matter does not: the order of steps in the template, how many workers there are, and which database it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  pgliteDatabase,
  postgresDatabase,
} from '../support/each-database.ts';
import { commands, createTally } from './commands.ts';
import { endingOf, workToTheEnd, type Behaviour, type Crew, type Ending } from './ending.ts';
import { beginTrial, labOf, type Lab } from './lab.ts';
import { pictureIn } from './picture.ts';
import { plans } from './plans.ts';
import { begin, bringToEnd } from './run.ts';
import * as engine from './engine-side.ts';
import { submit } from './submit.ts';
import { createWorld, present, type Plan } from './world.ts';

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Others may need the machine, too. */
const TIME = { timeout: 300_000 };

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Behaviour>({ kind: 'succeeds' }) },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 1, max: 3 })
      .map((failures): Behaviour => ({ kind: 'flaky', failures })),
  },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'permanent' }) },
);

/** One plan, what its steps do, and who takes turns. */
const work = fc.record({
  plan: plans.map(([plan]) => present(plan, 'plan')),
  behaviours: fc.array(behaviour, { minLength: 12, maxLength: 12 }),
  turns: fc.array(fc.nat(99), { minLength: 20, maxLength: 20 }),
  places: fc.array(fc.nat(99), { minLength: 12, maxLength: 12 }),
});

interface Work {
  readonly plan: Plan;
  readonly behaviours: readonly Behaviour[];
  readonly crew: Crew;
}

/** How three tasks of a plan end, in the engine, which the model accompanies. */
async function end(lab: Lab, { plan, behaviours, crew }: Work): Promise<readonly Ending[]> {
  const world = createWorld();
  const trial = await beginTrial(lab, [plan]);
  const asks = [1, 2, 3].map((content) => ({
    bypass: [],
    priority: 0,
    key: null,
    content,
    madeAt: null,
  }));
  const ask = { asks, taker: null };
  expect(await engine.create(trial, 0, ask)).toEqual(submit(world, plan, ask));
  await workToTheEnd(world, crew, ({ step }) => present(behaviours[step], 'behaviour'), trial);
  return asks.map((_, task) => endingOf(world, task));
}

/** The same steps in another order in which needs come first. @returns the old position of each */
function reordered({ steps }: Plan, places: readonly number[]): readonly number[] {
  const order: number[] = [];
  while (order.length < steps.length) {
    const free = steps.flatMap((step, position) =>
      !order.includes(position) && step.needs.every((need) => order.includes(need))
        ? [position]
        : [],
    );
    const place = places[order.length] ?? 0;
    order.push(present(free[place % free.length], 'free step'));
  }
  return order;
}

const turnsOf =
  (turns: readonly number[]): Crew['turn'] =>
  (count) =>
    (turns[count % turns.length] ?? 0) + count;

describeOnEachDatabase('the end of a task', (database) => {
  const lab = labOf(database);

  test(`is the same with one worker and with eight, TEST_SEED=${SEED}`, TIME, async () => {
    const property = fc.asyncProperty(work, async ({ plan, behaviours, turns }) => {
      const turn = turnsOf(turns);
      const one = await end(lab(), { plan, behaviours, crew: { workers: 1, turn } });
      const eight = await end(lab(), { plan, behaviours, crew: { workers: 8, turn } });
      expect(eight).toEqual(one);
    });
    await fc.assert(property, { seed: SEED, numRuns: 10, endOnFailure: true });
  });

  test(
    `is the same in whatever order the template has the steps, TEST_SEED=${SEED}`,
    TIME,
    async () => {
      const property = fc.asyncProperty(work, async ({ plan, behaviours, turns, places }) => {
        const crew = { workers: 2, turn: turnsOf(turns) };
        const order = reordered(plan, places);
        const steps = order.map((position) => {
          const step = present(plan.steps[position], 'step');
          const needs = step.needs.map((need) => order.indexOf(need)).toSorted((a, b) => a - b);
          return { ...step, needs };
        });
        const moved = order.map((position) => present(behaviours[position], 'behaviour'));
        const before = await end(lab(), { plan, behaviours, crew });
        const after = await end(lab(), { plan: { ...plan, steps }, behaviours: moved, crew });
        const back = after.map((ending) => ({
          ...ending,
          steps: plan.steps.map((_, position) => ending.steps[order.indexOf(position)]),
        }));
        expect(back).toEqual(before);
      });
      await fc.assert(property, { seed: SEED, numRuns: 10, endOnFailure: true });
    },
  );
});

describeOnPostgres('PostgreSQL and the embedded database', () => {
  const server = labOf(postgresDatabase());
  const embedded = labOf(pgliteDatabase());

  test(`have the same rows after the same commands, TEST_SEED=${SEED}`, TIME, async () => {
    const list = commands(createTally(), { most: 60 });
    const property = fc.asyncProperty(plans, list, async (planned, sequence) => {
      const pictures: (readonly string[])[] = [];
      for (const lab of [server(), embedded()]) {
        const { world, trial } = await begin(lab, planned);
        await fc.asyncModelRun(() => ({ model: world, real: trial }), sequence);
        await bringToEnd(world, trial);
        pictures.push(await pictureIn(lab.db, lab.t, trial.ids));
      }
      expect(pictures[1]).toEqual(pictures[0]);
    });
    await fc.assert(property, { seed: SEED, numRuns: 10, endOnFailure: true });
  });
});
