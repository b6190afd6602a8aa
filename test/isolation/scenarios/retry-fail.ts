import { retryStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { claimAndFail, failed } from '../verbs.ts';
import { pair } from './tasks.ts';

/** An operator retries a step that is due again anyway, while a worker claims it and fails once more. */
export const retryFail: Scenario = {
  name: 'retry x claim and fail',
  promise: 'the step is in the queue once: due at once if the retry came last',
  async scene(stage) {
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    const [a] = await stage.claim(worker, 1);
    if (!a) throw new Error('nothing to claim');
    await failed(stage.parts, { workerId: worker, step: a, retryInMs: 0 });
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => claimAndFail(parts, worker) },
        {
          name: 'operator',
          act: (parts) => outcomeOf(retryStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a error ×2 waiting, b pending | task in_progress · worker claimed 0, recorded · operator STEP_STATE_CONFLICT',
    'a error ×2 waiting, b pending | task in_progress · worker claimed 0, recorded · operator done',
    'a pending queued, b pending | task in_progress · worker claimed nothing · operator done',
    'a pending ×2 queued, b pending | task in_progress · worker claimed 0, recorded · operator done',
  ],
};
