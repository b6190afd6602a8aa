import type { CallOf, TaskerClient, TaskerEvent } from '../../src/client/types.ts';

/*
 * Checked by the compiler alone: every line below is a promise about types. `@ts-expect-error` fails when the error is missing.
 */

declare const client: TaskerClient;

const body = { name: 'order', context: {} };

export async function one(): Promise<string> {
  const { task } = await client.createTask({ body });
  await client.createTask({ body: { task: body } });
  return task.status;
}

export async function many(): Promise<readonly boolean[]> {
  const { tasks } = await client.createTask({ body: { tasks: [body] } });
  return tasks.map(({ created }) => created);
}

export async function reading(): Promise<readonly string[]> {
  const { tasks, next_cursor: next } = await client.listTasks({
    query: { status: ['error'], context: { 'cart.id': 3 }, created_from: new Date(0), limit: 5 },
  });
  const { definitions } = await client.listDefinitions();
  const text: string = await client.metrics({ timeout: '1s' });
  return [next ?? text, ...tasks.map(({ name }) => name), ...definitions.map(({ name }) => name)];
}

export async function* watching(): AsyncGenerator<TaskerEvent> {
  yield* client.watchTasks({ query: { name: 'order' } });
  yield* client.watchTask({ params: { task_id: 1 }, query: { until: 'settled' } });
}

export const wrong = [
  // @ts-expect-error -- the path needs its parameter
  () => client.getTask(),
  // @ts-expect-error -- a parameter of the path is an id
  () => client.getTask({ params: { task_id: true } }),
  // @ts-expect-error -- there is no such parameter
  () => client.getTask({ params: { task_id: 1, step: 2 } }),
  // @ts-expect-error -- there is no such status
  () => client.listTasks({ query: { status: ['done'] } }),
  // @ts-expect-error -- there is no such filter
  () => client.listTasks({ query: { statuses: ['error'] } }),
  // @ts-expect-error -- the body lacks its context
  () => client.createTask({ body: { name: 'order' } }),
  // @ts-expect-error -- this endpoint has no body
  () => client.getTask({ params: { task_id: 1 }, body: {} }),
  // @ts-expect-error -- this endpoint has no filters of the context
  () => client.slowestSteps({ query: { context: {} } }),
  // @ts-expect-error -- there is no such endpoint
  () => client.frobnicate(),
];

export const call: CallOf<'cancelTask'> = { params: { task_id: 1 }, body: { reason: 'no' } };
