import { cancelTask } from '../../../src/engine/operate-task.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { failed } from '../verbs.ts';
import { two } from './tasks.ts';

/** A step fails for good while an operator cancels its task. */
export const failCancel: Scenario = {
  name: 'fail x cancel',
  promise: 'the task is cancelled; the failure is recorded before or refused, and no step goes on',
  async scene(stage) {
    const taskId = await stage.create(two);
    const worker = await stage.worker();
    const [a] = await stage.claim(worker, 1);
    if (!a) throw new Error('nothing to claim');
    return {
      taskIds: [taskId],
      actors: [
        {
          name: 'worker',
          act: (parts) => failed(parts, { workerId: worker, step: a, retryInMs: null }),
        },
        { name: 'operator', act: (parts) => outcomeOf(cancelTask(parts, taskId, by)) },
      ],
    };
  },
  outcomes: [
    'a cancelled, b cancelled | task cancelled · worker recorded · operator done',
    'a cancelled, b cancelled | task cancelled · worker refused · operator done',
  ],
};
