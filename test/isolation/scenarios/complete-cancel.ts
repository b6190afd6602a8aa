import { cancelTask } from '../../../src/engine/operate-task.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { pair } from './tasks.ts';

/** A worker reports the last step of a task while an operator cancels the task. */
export const completeCancel: Scenario = {
  name: 'complete x cancel',
  promise: 'the task ends complete or cancelled, and whoever comes second is told',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    const [a] = await stage.claim(worker, 1);
    await complete(stage.parts, { workerId: worker, steps: a ? [a] : [], move: 'queue' });
    const steps = await stage.claim(worker, 1);
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => complete(parts, { workerId: worker, steps }) },
        { name: 'operator', act: (parts) => outcomeOf(cancelTask(parts, taskId, by)) },
      ],
    };
  },
  outcomes: [
    'a complete, b cancelled | task cancelled · worker refused · operator done',
    'a complete, b complete | task complete · worker stored · operator TASK_STATE_CONFLICT',
  ],
};
