import { cancelTask } from '../../../src/engine/operate-task.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { claim } from '../verbs.ts';
import { two } from './tasks.ts';

/** A worker claims a step while an operator cancels the task. */
export const claimCancel: Scenario = {
  name: 'claim x cancel',
  promise: 'the task is cancelled with all its steps, and nothing of it stays in the queue',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(two);
    const worker = await stage.worker();
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => claim(parts, { workerId: worker, room: 1 }) },
        { name: 'operator', act: (parts) => outcomeOf(cancelTask(parts, taskId, by)) },
      ],
    };
  },
  outcomes: [
    'a cancelled, b cancelled | task cancelled · worker claimed 0 · operator done',
    'a cancelled, b cancelled | task cancelled · worker claimed nothing · operator done',
  ],
};
