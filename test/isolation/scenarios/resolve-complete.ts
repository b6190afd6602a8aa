import { resolveStep } from '../../../src/engine/operate-step.ts';
import { by, outcomeOf } from '../../race/lab.ts';
import type { Scenario } from '../scenario.ts';
import { complete, failed } from '../verbs.ts';
import { join } from './tasks.ts';

/** An operator resolves a step that waits for its retry while a worker reports the sibling. */
export const resolveComplete: Scenario = {
  name: 'resolve x complete',
  promise: 'the child of both is in the queue once, whoever unlocked it last',
  async scene(stage) {
    const taskId = await stage.create(join);
    const worker = await stage.worker();
    const [a, b] = await stage.claim(worker, 2);
    if (!a || !b) throw new Error('nothing to claim');
    await failed(stage.parts, { workerId: worker, step: a, retryInMs: 3_600_000 });
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => complete(parts, { workerId: worker, steps: [b] }) },
        {
          name: 'operator',
          act: (parts) =>
            outcomeOf(resolveStep(parts, { taskId, step: 'a' }, { ...by, result: 7 })),
        },
      ],
    };
  },
  outcomes: [
    'a resolved_manually, b complete, c pending queued | task in_progress · worker stored · operator done',
  ],
};
