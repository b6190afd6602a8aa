import { resetStep } from '../../../src/engine/reset.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { pair } from './tasks.ts';

/** An operator resets a running step while its worker reports it. */
export const resetComplete: Scenario = {
  name: 'reset x complete',
  promise: 'the report is stored; the reset comes before it or is refused',
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
          act: (parts) => outcomeOf(resetStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a complete, b pending queued | task in_progress · worker stored · operator STEP_STATE_CONFLICT',
    'a complete, b pending queued | task in_progress · worker stored · operator done',
  ],
};
