/** What can be done on the stage, whether its shop and its Tasker are in this process or in another: ask for an order, watch it, tell it. */
import { follow } from '../../dist/cli/follow.js';
import { createProgressView } from '../../dist/cli/output/live.js';

/** Switches a fault of the shop on, as anybody can while it is open. */
export async function switchFault({ shop }, fault) {
  const response = await fetch(`${shop.url}/faults`, {
    method: 'PUT',
    body: JSON.stringify(fault),
  });
  if (!response.ok)
    throw new Error(`${shop.url}/faults answered ${response.status}: ${await response.text()}`);
}

/** Requests an order. The reason names the moment, so that the same cart can be ordered again: identical requests are duplicates. */
export async function requestOrder({ tasker, shop, io }, { cart, initiator }) {
  const { taskId } = await tasker.create('ecommerce/order', {
    context: { cart_id: cart, shop_port: shop.port },
    initiator,
    reason: `example of ${io.now().toISOString()}`,
    sourceSystem: 'example',
    tags: ['example'],
  });
  return taskId;
}

/** Shows an order until it is settled or the user stops it. Resolves to its last state, or null. */
export function watchOrder({ tasker, io, screen, signal }, taskId) {
  return follow({ tasker, taskId, view: createProgressView(screen), io, signal });
}

/** What was ordered, or what went wrong, in words. */
export async function describeOrder({ tasker, screen }, taskId) {
  const steps = await tasker.steps(taskId);
  const order = steps.find((step) => step.name === 'create_order')?.results?.order;
  const event = steps.find((step) => step.name === 'publish_event')?.results?.publish_results;
  const failed = steps.find((step) => step.status === 'error' && step.readyAt === null);
  if (failed) screen.print(`${failed.name} failed for good: ${failed.error?.message}`);
  if (!order) return;
  screen.print(`order ${order.order_id} of customer ${order.customer_id}: ${order.status}`);
  for (const line of order.lines) {
    const discount = line.discount_percentage === 0 ? '' : `less ${line.discount_percentage} %`;
    screen.print(
      `  ${String(line.quantity).padStart(3)} × ${line.name.padEnd(26)}${money(line.total)}  ${discount.padEnd(13)}${money(line.discounted_total)}`,
    );
  }
  screen.print(
    `  ${'total'.padEnd(32)}${money(order.total)}  ${''.padEnd(13)}${money(order.discounted_total)}`,
  );
  if (event) screen.print(`event ${event.event_id} ${event.event_name} at ${event.published_to}`);
}

function money(amount) {
  return amount.toFixed(2).padStart(9);
}
