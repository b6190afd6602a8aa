/** What the examples of this folder have in common: one small task, a Tasker on an embedded database, an orderly end. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTasker, defineTask, jsonSchema } from 'tasker-engine';

export const orderTask = defineTask(
  {
    name: 'api_integration_task',
    schema: jsonSchema({ type: 'object', required: ['cart_id'] }),
  },
  (t) => {
    const cart = t.step('fetch_cart', {}, ({ context }) => ({ id: context.cart_id, cents: 4540 }));
    const order = t.step('create_order', { dependsOn: { cart } }, ({ deps }) => ({
      order_id: deps.cart.id,
    }));
    return { order };
  },
);

/** A started Tasker. Give a directory to keep its data, otherwise it is in a temporary one. */
export async function startTasker({ directory = process.argv[2], ...options } = {}) {
  const kept = directory ?? mkdtempSync(path.join(tmpdir(), 'tasker-mounting-'));
  const tasker = createTasker({ database: { embedded: { directory: kept } }, ...options });
  await tasker.register(orderTask);
  await tasker.start();
  return tasker;
}

/** Says where it listens, and on Ctrl-C or SIGTERM does what `stop` says. */
export function ready(url, stop) {
  console.log(`listening on ${url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
}
