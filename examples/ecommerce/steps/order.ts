import { createHash } from 'node:crypto';
import type { HandlerContext, TaskInfo } from 'tasker-engine';
import { expectShape, validResult, type Order, type ValidatedCart } from './data.ts';
import { discounted, fromCents, toCents } from './money.ts';

/** `create_order`: builds the order from the validated cart. */
export function createOrder(ctx: Pick<HandlerContext, 'deps' | 'task' | 'annotate'>): {
  order_id: string;
  order: Order;
} {
  const validated = expectShape(
    validResult,
    ctx.deps['validate_products'],
    'The result of validate_products',
  );
  const order = buildOrder(validated, ctx.task);
  ctx.annotate('order', { order_id: order.order_id, discounted_total: order.discounted_total });
  return { order_id: order.order_id, order };
}

/**
 * The order for a cart. It depends on nothing but its arguments: an attempt that runs again after a crash builds the very same order.
 *
 * Totals: a line is price × quantity; its discounted total is line × (1 − discount / 100), rounded half up to a cent;
 * the order's totals are the sums of its lines.
 */
export function buildOrder(
  validated: ValidatedCart,
  task: Pick<TaskInfo, 'id' | 'requestedAt'>,
): Order {
  const lines = validated.valid_products.map((line) => {
    const total = toCents(line.price) * line.quantity;
    return { line, total, discountedTotal: discounted(total, line.discount_percentage) };
  });
  return {
    order_id: orderIdOf(task),
    cart_id: validated.cart_id,
    customer_id: validated.customer_id,
    status: 'placed_pending_fulfillment',
    placed_at: task.requestedAt.toISOString(),
    lines: lines.map(({ line, total, discountedTotal }) => ({
      ...line,
      total: fromCents(total),
      discounted_total: fromCents(discountedTotal),
    })),
    total: fromCents(lines.reduce((sum, line) => sum + line.total, 0)),
    discounted_total: fromCents(lines.reduce((sum, line) => sum + line.discountedTotal, 0)),
  };
}

/** One id per task, the same in every attempt. The time of the request keeps apart the tasks of two databases, which both count from 1. */
function orderIdOf(task: Pick<TaskInfo, 'id' | 'requestedAt'>): string {
  const digest = createHash('sha256')
    .update(`${task.id}:${task.requestedAt.toISOString()}`)
    .digest('hex');
  return `ord_${digest.slice(0, 16)}`;
}
