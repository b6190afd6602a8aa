import type { Scenario } from '../scenario.ts';
import { failed } from '../verbs.ts';
import { two } from './tasks.ts';

/** Both steps of a task fail for good, each on a worker of its own. */
export const failFail: Scenario = {
  name: 'fail x fail',
  promise: 'the task ends in error, once, whoever is second',
  async scene(stage) {
    const taskId = await stage.create(two);
    const actors = [];
    for (const name of ['w1', 'w2']) {
      const workerId = await stage.worker();
      const [step] = await stage.claim(workerId, 1);
      if (!step) throw new Error('nothing to claim');
      actors.push({
        name,
        act: (parts: Parameters<typeof failed>[0]) =>
          failed(parts, { workerId, step, retryInMs: null }),
      });
    }
    return { taskIds: [taskId], actors };
  },
  outcomes: ['a error, b error | task error · w1 recorded · w2 recorded'],
};
