import type { Scenario } from '../scenario.ts';
import { claim } from '../verbs.ts';
import { two } from './tasks.ts';

/** Three workers, two steps. */
export const claimClaim: Scenario = {
  name: 'claim x claim',
  promise: 'each step goes to exactly one worker, and none is left over',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(two);
    const workers = [await stage.worker(), await stage.worker(), await stage.worker()];
    const actors = workers.map((workerId, index) => ({
      name: `w${index + 1}`,
      act: (parts: Parameters<typeof claim>[0]) => claim(parts, { workerId, room: 1 }),
    }));
    return { taskIds: [taskId], actors };
  },
  outcomes: [
    'a in_progress, b in_progress | task in_progress · w1 claimed 0 · w2 claimed 1 · w3 claimed nothing',
    'a in_progress, b in_progress | task in_progress · w1 claimed 0 · w2 claimed nothing · w3 claimed 1',
    'a in_progress, b in_progress | task in_progress · w1 claimed 1 · w2 claimed 0 · w3 claimed nothing',
    'a in_progress, b in_progress | task in_progress · w1 claimed 1 · w2 claimed nothing · w3 claimed 0',
    'a in_progress, b in_progress | task in_progress · w1 claimed nothing · w2 claimed 0 · w3 claimed 1',
    'a in_progress, b in_progress | task in_progress · w1 claimed nothing · w2 claimed 1 · w3 claimed 0',
  ],
};
