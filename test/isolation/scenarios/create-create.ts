import { createTasks } from '../../../src/engine/create-task.ts';
import type { EngineParts } from '../../../src/engine/parts.ts';
import { isTaskerError } from '../../../src/kernel/errors.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { single } from './tasks.ts';

/** Two equal requests with one key. */
export const createCreate: Scenario = {
  name: 'create x create',
  promise: 'one task is made, and the second request finds it',
  always: true,
  scene: (stage) => scene(stage, { first: 'same', second: 'same' }),
  outcomes: [' · one found task 1 · two made task 1', ' · one made task 1 · two found task 1'],
};

/** Two requests with one key that ask for different work. */
export const createOther: Scenario = {
  name: 'create x create with another payload',
  promise: 'one task is made, and the second request is a conflict',
  scene: (stage) => scene(stage, { first: 'this', second: 'that' }),
  outcomes: [
    ' · one IDEMPOTENCY_CONFLICT · two made task 1',
    ' · one made task 1 · two IDEMPOTENCY_CONFLICT',
  ],
};

async function scene(
  stage: Stage,
  order: { readonly first: string; readonly second: string },
): Promise<Awaited<ReturnType<Scenario['scene']>>> {
  const before = await stage.create(single); // every session knows the definition afterwards
  const ask = async (parts: EngineParts, what: string): Promise<string> => {
    const request = { context: { order: what }, idempotencyKey: 'once' };
    try {
      const [task] = await createTasks(parts, single, [request]);
      return `${task?.created === true ? 'made' : 'found'} task ${(task?.taskId ?? 0) - before}`;
    } catch (error) {
      if (isTaskerError(error)) return error.code;
      throw error;
    }
  };
  return {
    taskIds: [],
    actors: [
      { name: 'one', act: (parts) => ask(parts, order.first) },
      { name: 'two', act: (parts) => ask(parts, order.second) },
    ],
  };
}
