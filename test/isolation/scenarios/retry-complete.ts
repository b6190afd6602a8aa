import { retryStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete, failed } from '../verbs.ts';
import { join } from './tasks.ts';

/** An operator retries an exhausted step while its sibling, the last that runs, is reported. */
export const retryComplete: Scenario = {
  name: 'retry x complete',
  promise:
    'the exhausted step is in the queue again and the task open, whether it had ended in between or not',
  async scene(stage) {
    const taskId = await stage.create(join);
    const worker = await stage.worker();
    const [a, b] = await stage.claim(worker, 2);
    if (!a || !b) throw new Error('nothing to claim');
    await failed(stage.parts, { workerId: worker, step: a, retryInMs: null });
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => complete(parts, { workerId: worker, steps: [b] }) },
        {
          name: 'operator',
          act: (parts) => outcomeOf(retryStep(parts, { taskId, step: 'a' }, by)),
        },
      ],
    };
  },
  outcomes: [
    'a pending queued, b complete, c pending | task in_progress · worker stored · operator done',
  ],
};
