import type { Scenario } from '../scenario.ts';
import { claim, complete, reap } from '../verbs.ts';
import { pair } from './tasks.ts';

/** A worker whose lease has lapsed reports its step while it is declared lost, and another worker looks for work. */
export const reapComplete: Scenario = {
  name: 'reap x complete',
  promise: 'the late report is stored before the loss or refused after it; the step has one winner',
  async scene(stage) {
    const taskId = await stage.create(pair);
    const [zombie, other] = [await stage.worker(), await stage.worker()];
    const steps = await stage.claim(zombie, 1);
    await stage.lapse(zombie);
    return {
      taskIds: [taskId],
      actors: [
        { name: 'zombie', act: (parts) => complete(parts, { workerId: zombie, steps }) },
        { name: 'reaper', act: reap },
        { name: 'other', act: (parts) => claim(parts, { workerId: other, room: 1 }) },
      ],
    };
  },
  outcomes: [
    'a complete, b in_progress | task in_progress · zombie stored · reaper done · other claimed 1',
    'a complete, b pending queued | task in_progress · zombie stored · reaper done · other claimed nothing',
    'a error queued, b pending | task in_progress · zombie refused · reaper done · other claimed nothing',
    'a in_progress ×2, b pending | task in_progress · zombie refused · reaper done · other claimed 0',
  ],
};
