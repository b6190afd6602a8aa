import { resolveStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { claimAndFail, failed } from '../verbs.ts';
import { pair } from './tasks.ts';

/** An operator resolves a step that is due again, while a worker claims it and fails once more. */
export const resolveFail: Scenario = {
  name: 'resolve x claim and fail',
  promise: 'the step is resolved and out of the queue, or runs again and the operator is told',
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
          act: (parts) =>
            outcomeOf(resolveStep(parts, { taskId, step: 'a' }, { ...by, result: 7 })),
        },
      ],
    };
  },
  outcomes: [
    'a error ×2 waiting, b pending | task in_progress · worker claimed 0, recorded · operator STEP_STATE_CONFLICT',
    'a resolved_manually ×2, b pending queued | task in_progress · worker claimed 0, recorded · operator done',
    'a resolved_manually, b error waiting | task in_progress · worker claimed 1, recorded · operator done',
    'a resolved_manually, b pending queued | task in_progress · worker claimed nothing · operator done',
  ],
};
