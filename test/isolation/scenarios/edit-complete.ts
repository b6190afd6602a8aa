import { updateStep } from '../../../src/engine/edit-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { two } from './tasks.ts';

/** An operator changes the limit of a step while a worker, in one statement, reports its sibling and claims it. */
export const editComplete: Scenario = {
  name: 'edit x complete and claim',
  promise: 'the limit is stored, the report too, and the step claimed at most once',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(two);
    const worker = await stage.worker();
    const steps = await stage.claim(worker, 1);
    const change = { ...by, retryLimit: 9 };
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => complete(parts, { workerId: worker, steps, room: 1 }) },
        {
          name: 'operator',
          act: (parts) => outcomeOf(updateStep(parts, { taskId, step: 'b' }, change)),
        },
      ],
    };
  },
  outcomes: [
    'a complete, b in_progress | task in_progress · worker stored, claimed 1 · operator done',
  ],
};
