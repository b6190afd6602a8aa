import { cancelTask } from '../../../src/engine/operate-task.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { join } from './tasks.ts';

/** Two workers report the parents of one step while an operator cancels their task. */
export const completeCompleteCancel: Scenario = {
  name: 'complete x complete x cancel',
  promise:
    'the task is cancelled; what was stored before is kept, what comes later is refused, and nothing stays in the queue',
  async scene(stage) {
    const taskId = await stage.create(join);
    const [first, second] = [await stage.worker(), await stage.worker()];
    const [a, b] = [await stage.claim(first, 1), await stage.claim(second, 1)];
    return {
      taskIds: [taskId],
      actors: [
        { name: 'w1', act: (parts) => complete(parts, { workerId: first, steps: a }) },
        {
          name: 'w2',
          act: (parts) => complete(parts, { workerId: second, steps: b, move: 'take' }),
        },
        { name: 'operator', act: (parts) => outcomeOf(cancelTask(parts, taskId, by)) },
      ],
    };
  },
  outcomes: [
    'a cancelled, b cancelled, c cancelled | task cancelled · w1 refused · w2 refused · operator done',
    'a cancelled, b complete, c cancelled | task cancelled · w1 refused · w2 stored · operator done',
    'a complete, b cancelled, c cancelled | task cancelled · w1 stored · w2 refused · operator done',
    'a complete, b complete, c cancelled | task cancelled · w1 stored · w2 stored · operator done',
    'a complete, b complete, c cancelled | task cancelled · w1 stored · w2 stored, claimed 2 · operator done',
  ],
};
