import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import type { StepHandle } from '../../src/definition/types.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { endingOf, workToTheEnd, type Behaviour, type Ending } from '../model/ending.ts';
import { cancelStep } from '../model/operators.ts';
import { STAGES, TASK_STAGES } from '../model/picture.ts';
import { submit } from '../model/submit.ts';
import { createWorld, present } from '../model/world.ts';
import { by, operator } from './lab.ts';

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

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

interface ModelStep {
  /** Positions of earlier steps. */
  readonly parents: readonly number[];
  readonly behaviour: Behaviour;
  readonly retryLimit: number;
  readonly bypassed: boolean;
  /** Cancelled before any step ran. */
  readonly cancelled: boolean;
}

/** Up to 12 steps; each depends on some of the earlier ones. */
const dag: fc.Arbitrary<readonly ModelStep[]> = fc
  .array(
    fc.record({
      links: fc.array(fc.nat(), { maxLength: 3 }),
      behaviour,
      retryLimit: fc.integer({ min: 1, max: 4 }),
      bypassed: fc.nat(9).map((dice) => dice === 0),
      cancelled: fc.nat(24).map((dice) => dice === 0),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) =>
    drafts.map(({ links, ...step }, position) => ({
      ...step,
      parents:
        position === 0
          ? []
          : [...new Set(links.map((link) => link % position))].toSorted((a, b) => a - b),
    })),
  );

const plan = fc.record({ steps: dag, width: fc.constantFrom(null, null, 1, 2) });

let tasks = 0;

function define(steps: readonly ModelStep[], width: number | null) {
  tasks += 1;
  const options = {
    name: `random_${tasks}`,
    backoff: 'none',
    ...(width !== null && { width }),
  } as const;
  return defineTask(options, (t) => {
    const handles: StepHandle[] = [];
    steps.forEach(({ parents, behaviour: does, retryLimit }, position) => {
      const dependsOn = Object.fromEntries(
        parents.flatMap((parent) => {
          const handle = handles[parent];
          return handle ? [[`s${parent}`, handle]] : [];
        }),
      );
      handles.push(
        t.step(`s${position}`, { dependsOn, retryLimit, skippable: true }, ({ step, deps }) => {
          if (does.kind === 'permanent') throw new PermanentError('never');
          if (does.kind === 'flaky' && step.attempt <= does.failures) throw new Error('not yet');
          return Object.keys(deps).toSorted();
        }),
      );
    });
  });
}

/** How the task ends that is cancelled in some steps before it runs, and then left to itself. */
async function endOf(steps: readonly ModelStep[], width: number | null): Promise<Ending> {
  const world = createWorld();
  const planned = steps.map(({ parents, retryLimit }) => ({
    needs: parents,
    limit: retryLimit,
    again: true,
    optional: true,
    queue: 'default',
    pause: { how: 'none', base: 0, most: 0 } as const,
  }));
  const bypass = steps.flatMap(({ bypassed }, position) => (bypassed ? [position] : []));
  const asks = [{ bypass, priority: 0, key: null, content: 0, madeAt: null }];
  submit(
    world,
    { name: 'random', steps: planned, lanes: width, sameWithin: null },
    { asks, taker: null },
  );
  steps.forEach(({ cancelled }, step) => {
    if (cancelled) cancelStep(world, { task: 0, step });
  });
  const crew = { workers: 1, turn: (count: number) => count };
  await workToTheEnd(world, crew, ({ step }) => present(steps[step], 'step').behaviour);
  return endingOf(world, 0);
}

async function readEnd(tasker: Tasker, taskId: number): Promise<unknown> {
  const { status } = await tasker.waitFor(taskId, { timeout: '20s' });
  const steps = await tasker.steps(taskId);
  return {
    task: TASK_STAGES[status],
    // A worker without the definition may hold a step for a moment, and a cancellation then finds it running.
    steps: steps.map(({ status: ended, attempts }) => ({
      stage: STAGES[ended],
      runs: ended === 'cancelled' ? 0 : attempts,
    })),
  };
}

/** What the results must be: the names of the parents that gave one. */
function resultsOf(steps: readonly ModelStep[], end: Ending): readonly unknown[] {
  return steps.map(({ parents }, position) =>
    end.steps[position]?.stage !== 'done'
      ? null
      : parents
          .filter((parent) => end.steps[parent]?.stage === 'done')
          .map((parent) => `s${parent}`)
          .toSorted(),
  );
}

describeOnEachDatabase('random DAGs', (database) => {
  test(`end as the model says, with every law kept (rows 8 to 16), TEST_SEED=${SEED}`, async () => {
    const creator = await startEngine(database, { worker: false });
    const engine = await startEngine(database, {
      schema: creator.schema,
      worker: { queues: ['default'] },
    });
    const property = fc.asyncProperty(plan, async ({ steps, width }) => {
      const end = await endOf(steps, width);
      const task = define(steps, width);
      const bypassSteps = steps.flatMap((step, position) =>
        step.bypassed ? [`s${position}`] : [],
      );
      const hasWork = steps.some((step) => !step.bypassed);
      // The worker learns the definition after the cancellations, so that none of them races with a run.
      const { taskId } = await creator.tasker.create(task, { ...by, context: {}, bypassSteps });
      for (const [position, step] of steps.entries()) {
        if (!step.cancelled || step.bypassed || !hasWork) continue;
        const { status } = await creator.tasker.step(taskId, position);
        if (status !== 'cancelled') await creator.tasker.cancelStep(taskId, position, operator);
      }
      await engine.tasker.register(task);
      expect(await readEnd(engine.tasker, taskId)).toEqual(end);
      const results = (await engine.tasker.steps(taskId)).map((step) => step.results);
      expect(results).toEqual(resultsOf(steps, end));
    });
    await fc.assert(property, {
      seed: SEED,
      numRuns: database.kind === 'pglite' ? 25 : 15,
      endOnFailure: true,
    });
    await creator.tasker.stop();
    await engine.finish();
  });
});
