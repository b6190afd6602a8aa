/** Random plans, and the definitions that they are to the engine. */
import fc from 'fast-check';
import { defineTask } from '../../src/definition/define-task.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import type { StepHandle } from '../../src/definition/types.ts';
import type { Pause, Plan, PlanStep } from './world.ts';

const pause: fc.Arbitrary<Pause> = fc.record({
  how: fc.constantFrom('none', 'fixed', 'linear', 'exponential'),
  base: fc.constantFrom(500, 1_000),
  most: fc.constantFrom(1_000, 30_000),
});

const step = fc.record({
  links: fc.array(fc.nat(), { maxLength: 3 }),
  limit: fc.integer({ min: 1, max: 3 }),
  again: fc.nat(5).map((dice) => dice > 0),
  optional: fc.boolean(),
  queue: fc.nat(5).map((dice) => (dice > 0 ? 'default' : 'slow')),
  pause,
});

/** Up to 12 steps; each needs some of the earlier ones. */
const steps: fc.Arbitrary<readonly PlanStep[]> = fc
  .array(step, { minLength: 1, maxLength: 12, size: 'max' })
  .map((drafts) =>
    drafts.map(({ links, ...rest }, position) => ({
      ...rest,
      needs:
        position === 0
          ? []
          : [...new Set(links.map((link) => link % position))].toSorted((a, b) => a - b),
    })),
  );

/** Two or three plans: wide, narrow, and with all ways of telling requests apart. */
export const plans: fc.Arbitrary<readonly Plan[]> = fc
  .array(
    fc.record({
      steps,
      lanes: fc.constantFrom(null, null, 1, 2, 3),
      sameWithin: fc.constantFrom(null, 60_000),
    }),
    { minLength: 1, maxLength: 3, size: 'max' },
  )
  .map((drafts) => drafts.map((draft, at) => ({ name: `plan_${at}`, ...draft })));

/** A plan as the engine is told of it. Handlers are never called: the test says how runs end. */
export function definitionOf({ name, steps: planned, lanes, sameWithin }: Plan): LoadedDefinition {
  const identity =
    sameWithin === null ? 'none' : ({ strategy: 'hash', window: sameWithin } as const);
  return defineTask({ name, identity, ...(lanes !== null && { width: lanes }) }, (t) => {
    const handles: StepHandle[] = [];
    planned.forEach(({ needs, limit, again, optional, queue, pause: wait }, position) => {
      const dependsOn = Object.fromEntries(
        needs.flatMap((need) => {
          const handle = handles[need];
          return handle ? [[`s${need}`, handle]] : [];
        }),
      );
      const backoff = {
        strategy: wait.how,
        base: wait.base,
        max: wait.most,
        jitter: 'none',
      } as const;
      const options = { dependsOn, retryLimit: limit, retryable: again, queue, backoff };
      handles.push(t.step(`s${position}`, { ...options, skippable: optional }, () => position));
    });
  });
}
