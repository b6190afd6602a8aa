import { cancelStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { pair } from './tasks.ts';

/** An operator cancels a running step, and with it what depends on it, while its worker reports it. */
export const cancelStepComplete: Scenario = {
  name: 'cancel step x complete',
  promise:
    'the step is cancelled with its dependents, or stored and its dependents go on; never half of each',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    const steps = await stage.claim(worker, 1);
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => complete(parts, { workerId: worker, steps }) },
        {
          name: 'operator',
          act: (parts) => outcomeOf(cancelStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a cancelled, b cancelled | task cancelled · worker refused · operator done',
    'a complete, b pending queued | task in_progress · worker stored · operator STEP_STATE_CONFLICT',
  ],
};
