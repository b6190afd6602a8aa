import { settleTasks } from '../../../src/engine/settle.ts';
import type { EngineParts } from '../../../src/engine/parts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { failure } from '../verbs.ts';
import { three } from './tasks.ts';

/**
 * Two steps of a task fail for good at once. Each report locks its own step and those of the others, which it marks; an edit of the first
 * step stops both in the middle.
 */
export const failFailEdit: Scenario = {
  name: 'fail x fail x edit',
  promise: 'every failure is recorded and the edit stored, and nobody waits in a ring',
  always: true,
  async scene(stage) {
    const taskId = await stage.create(three);
    await stage.claim(await stage.worker(), 1);
    const actors = [
      { name: 'w1', act: await failing(stage) },
      { name: 'w2', act: await failing(stage) },
    ];
    const edit = { taskId, position: 0, inputsText: '{}', retryLimit: null, revision: null };
    return {
      taskIds: [taskId],
      actors: [
        ...actors,
        {
          name: 'operator',
          act: async ({ store, db }) => ((await store.editStep(db, edit)) ? 'edited' : 'refused'),
        },
      ],
      aftermath: (parts) => settleTasks(parts, [taskId]),
    };
  },
  outcomes: [
    'a in_progress, b error, c error | task in_progress · w1 recorded · w2 recorded · operator edited',
  ],
};

/** Claims the next step and answers the report that it failed for good, as one statement. */
async function failing(stage: Stage): Promise<(parts: EngineParts) => Promise<string>> {
  const worker = await stage.worker();
  const [step] = await stage.claim(worker, 1);
  if (!step) throw new Error('nothing to claim');
  return async ({ store, db }) => {
    const { recorded } = await store.failSteps(db, [failure(worker, step, null)], true);
    return recorded.length === 1 ? 'recorded' : 'refused';
  };
}
