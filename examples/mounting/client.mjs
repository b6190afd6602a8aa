/** A program that calls one of the others: `node client.mjs http://127.0.0.1:3000/tasker`. */
import { createClient, isTaskerError } from 'tasker-engine/client';

const client = createClient({ url: process.argv[2] ?? 'http://127.0.0.1:3000/tasker' });

const { task } = await client.createTask({
  body: { name: 'api_integration_task', context: { cart_id: 3 }, reason: 'an example' },
});
const watched = client.watchTask({
  params: { task_id: task.task_id },
  query: { until: 'settled' },
});
for await (const { event, data } of watched) console.log(event, data?.status ?? '');

const { task: ended } = await client.getTask({ params: { task_id: task.task_id } });
console.log(ended.workflow_steps.map(({ name, results }) => ({ name, results })));

try {
  await client.cancelTask({ params: { task_id: task.task_id } });
} catch (error) {
  if (!isTaskerError(error, 'TASK_STATE_CONFLICT')) throw error;
  console.log(error.message);
}
