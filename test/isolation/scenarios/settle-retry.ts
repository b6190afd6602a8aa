import { settleTasks } from '../../../src/engine/settle.ts';
import { retryStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { failure } from '../verbs.ts';
import { single } from './tasks.ts';

/** Two processes settle a task whose only step has failed for good while an operator retries the step. */
export const settleRetry: Scenario = {
  name: 'settle x retry',
  promise:
    'the step is in the queue and the task open, whether the task had ended in between or not',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(single);
    const worker = await stage.worker();
    const [a] = await stage.claim(worker, 1);
    if (!a) throw new Error('nothing to claim');
    await stage.parts.store.failSteps(stage.parts.db, [failure(worker, a, null)], true);
    return {
      taskIds: [taskId],
      actors: [
        {
          name: 'settler',
          async act(parts) {
            const settled = await settleTasks(parts, [taskId]);
            return String(settled[0]?.status ?? 'nothing');
          },
        },
        {
          name: 'operator',
          act: (parts) => outcomeOf(retryStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a pending queued | task in_progress · settler error · operator done',
    'a pending queued | task in_progress · settler nothing · operator done',
  ],
};
