import { reapLost } from '../../../src/engine/reap.ts';
import type { Scenario } from '../scenario.ts';
import { complete, reap } from '../verbs.ts';
import { pair } from './tasks.ts';

/** A worker stops while its last report is under way and another process looks for lost steps. */
export const stopComplete: Scenario = {
  name: 'stop worker x complete',
  promise: 'the report is stored or the step given back, never both',
  async scene(stage) {
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    const steps = await stage.claim(worker, 1);
    return {
      taskIds: [taskId],
      actors: [
        { name: 'report', act: (parts) => complete(parts, { workerId: worker, steps }) },
        {
          name: 'stop',
          async act({ store, db }) {
            await store.stopWorker(db, worker);
            return 'done';
          },
        },
        { name: 'reaper', act: reap },
      ],
      aftermath: reapLost,
    };
  },
  outcomes: [
    'a complete, b pending queued | task in_progress · report stored · stop done · reaper done',
    'a error queued, b pending | task in_progress · report refused · stop done · reaper done',
  ],
};
