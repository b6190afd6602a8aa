import { cancelStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { failed, promote } from '../verbs.ts';
import { two } from './tasks.ts';

/** The time of a retry comes while an operator cancels the step. */
export const promoteCancel: Scenario = {
  name: 'promote due x cancel',
  promise: 'the step is cancelled and out of the queue, due or not',
  async scene(stage) {
    const taskId = await stage.create(two);
    const worker = await stage.worker();
    const [a] = await stage.claim(worker, 1);
    if (!a) throw new Error('nothing to claim');
    await failed(stage.parts, { workerId: worker, step: a, retryInMs: 0.001 });
    return {
      taskIds: [taskId],
      actors: [
        { name: 'clock', act: promote },
        {
          name: 'operator',
          act: (parts) => outcomeOf(cancelStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a cancelled, b pending queued | task in_progress · clock promoted 0 · operator done',
    'a cancelled, b pending queued | task in_progress · clock promoted 1 · operator done',
  ],
};
