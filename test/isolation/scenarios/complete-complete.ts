import type { Scenario } from '../scenario.ts';
import { claim, complete } from '../verbs.ts';
import { join } from './tasks.ts';

/** Two workers report the parents of one step, and a third looks for work. */
export const completeComplete: Scenario = {
  name: 'complete x complete',
  promise:
    'exactly one of two parents sees the child’s counter reach zero, and the child runs once',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(join);
    const [first, second, third] = [
      await stage.worker(),
      await stage.worker(),
      await stage.worker(),
    ];
    const [a, b] = [await stage.claim(first, 1), await stage.claim(second, 1)];
    return {
      taskIds: [taskId],
      actors: [
        { name: 'w1', act: (parts) => complete(parts, { workerId: first, steps: a }) },
        {
          name: 'w2',
          act: (parts) => complete(parts, { workerId: second, steps: b, move: 'take' }),
        },
        { name: 'w3', act: (parts) => claim(parts, { workerId: third, room: 1 }) },
      ],
    };
  },
  outcomes: [
    'a complete, b complete, c in_progress | task in_progress · w1 stored · w2 stored · w3 claimed 2',
    'a complete, b complete, c in_progress | task in_progress · w1 stored · w2 stored, claimed 2 · w3 claimed nothing',
    'a complete, b complete, c pending queued | task in_progress · w1 stored · w2 stored · w3 claimed nothing',
  ],
};
