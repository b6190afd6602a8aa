import { reapLost } from '../../../src/engine/reap.ts';
import type { Scenario } from '../scenario.ts';
import { claim, reap } from '../verbs.ts';
import { two } from './tasks.ts';

/** A worker whose lease has lapsed claims once more while it is declared lost, and another claims too. */
export const claimReap: Scenario = {
  name: 'claim x reap',
  promise:
    'what the lost worker held comes back, and so does, in the next round, what it claimed in the moment of its loss',
  async scene(stage) {
    const taskId = await stage.create(two);
    const [lost, other] = [await stage.worker(), await stage.worker()];
    await stage.claim(lost, 1);
    await stage.lapse(lost);
    return {
      taskIds: [taskId],
      actors: [
        { name: 'lost', act: (parts) => claim(parts, { workerId: lost, room: 1 }) },
        { name: 'reaper', act: reap },
        { name: 'other', act: (parts) => claim(parts, { workerId: other, room: 1 }) },
      ],
      aftermath: reapLost,
    };
  },
  outcomes: [
    'a error queued, b error queued | task in_progress · lost claimed 1 · reaper done · other claimed nothing',
    'a error queued, b in_progress | task in_progress · lost claimed nothing · reaper done · other claimed 1',
    'a in_progress ×2, b error queued | task in_progress · lost claimed 1 · reaper done · other claimed 0',
    'a in_progress ×2, b pending queued | task in_progress · lost claimed nothing · reaper done · other claimed 0',
  ],
};
