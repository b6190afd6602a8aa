import type { Scenario } from '../scenario.ts';
import { complete } from '../verbs.ts';
import { three } from './tasks.ts';

/** Three workers report the three last steps of a task. */
export const leafLeaf: Scenario = {
  name: 'leaf x leaf',
  promise: 'the task is complete with its last leaf, exactly once',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(three);
    const actors = [];
    for (const name of ['w1', 'w2', 'w3']) {
      const workerId = await stage.worker();
      const steps = await stage.claim(workerId, 1);
      actors.push({
        name,
        act: (parts: Parameters<typeof complete>[0]) => complete(parts, { workerId, steps }),
      });
    }
    return { taskIds: [taskId], actors };
  },
  outcomes: [
    'a complete, b complete, c complete | task complete · w1 stored · w2 stored · w3 stored',
  ],
};
