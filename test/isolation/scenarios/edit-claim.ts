import { updateStep } from '../../../src/engine/edit-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { claim } from '../verbs.ts';
import { pair } from './tasks.ts';

/** An operator edits a step while a worker claims it. */
export const editClaim: Scenario = {
  name: 'edit x claim',
  promise: 'the edit is stored and the step claimed once',
  async scene(stage) {
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    const change = { ...by, inputs: { edited: true }, retryLimit: 9 };
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => claim(parts, { workerId: worker, room: 1 }) },
        {
          name: 'operator',
          act: (parts) => outcomeOf(updateStep(parts, { taskId, step: 'a' }, change)),
        },
      ],
    };
  },
  outcomes: ['a in_progress, b pending | task in_progress · worker claimed 0 · operator done'],
};
