import type { Scenario } from '../scenario.ts';
import { complete, failed } from '../verbs.ts';
import { join } from './tasks.ts';

/** One step fails for good while its sibling is reported, and either may be the last of the task. */
export const failComplete: Scenario = {
  name: 'fail x complete',
  promise: 'the task ends in error: whoever is last asks whether it is over',
  async scene(stage) {
    const taskId = await stage.create(join);
    const [first, second] = [await stage.worker(), await stage.worker()];
    const [[a], b] = [await stage.claim(first, 1), await stage.claim(second, 1)];
    if (!a) throw new Error('nothing to claim');
    return {
      taskIds: [taskId],
      actors: [
        {
          name: 'w1',
          act: (parts) => failed(parts, { workerId: first, step: a, retryInMs: null }),
        },
        { name: 'w2', act: (parts) => complete(parts, { workerId: second, steps: b }) },
      ],
    };
  },
  outcomes: ['a error, b complete, c pending | task error · w1 recorded · w2 stored'],
};
