import { settleTasks } from '../../../src/engine/settle.ts';
import type { Scenario } from '../scenario.ts';
import { completion, failure } from '../verbs.ts';
import { three } from './tasks.ts';

/**
 * A worker, in one statement, claims the second step of a task and reports the first, while the third fails for good and marks both. An
 * edit of the second stops the other two in the middle. The claim takes steps as the queue has them, whatever else it holds, so here the
 * two can meet in a ring; the server undoes one, which is done again.
 */
export const claimFail: Scenario = {
  name: 'claim and complete x fail x edit',
  promise: 'everything is stored once, and what the server undid as a deadlock is done again',
  retried: true,
  async scene(stage) {
    const taskId = await stage.create(three);
    const [first, second] = [await stage.worker(), await stage.worker()];
    const [[c], [a]] = [await stage.claim(second, 1), await stage.claim(first, 1)];
    if (!a || !c) throw new Error('nothing to claim');
    return {
      taskIds: [taskId],
      actors: [
        {
          name: 'w1',
          async act(parts) {
            const request = { workerId: first, queue: 'default', room: 1, excluded: [] };
            const completions = [completion(parts, a, 'queue')];
            const answer = await parts.store.advanceSteps(parts.db, { ...request, completions });
            return `${answer.refused.length} refused, ${answer.claimed.length} claimed`;
          },
        },
        {
          name: 'w2',
          async act({ store, db }) {
            const { recorded } = await store.failSteps(db, [failure(second, c, null)], true);
            return `${recorded.length} recorded`;
          },
        },
        {
          name: 'operator',
          async act({ store, db }) {
            const edit = {
              taskId,
              position: 2,
              inputsText: '{}',
              retryLimit: null,
              revision: null,
            };
            return (await store.editStep(db, edit)) ? 'edited' : 'refused';
          },
        },
      ],
      aftermath: (parts) => settleTasks(parts, [taskId]),
    };
  },
  outcomes: [
    'a error, b complete, c in_progress | task in_progress · w1 0 refused, 1 claimed · w2 1 recorded · operator edited',
  ],
};
