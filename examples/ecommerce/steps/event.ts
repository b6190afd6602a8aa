import type { HandlerContext } from 'tasker-engine';
import { z } from 'zod';
import { expectShape, orderResult, type Order } from './data.ts';
import { askShop, orderContext, shopUrl } from './shop-client.ts';

/** What `publish_event` returns. */
export type Published = {
  published: true;
  publish_results: {
    event_name: string;
    event_id: number;
    payload: { order_id: string; cart_id: number; discounted_total: number; status: string };
    published_at: string;
    published_to: string;
    status: string;
  };
};

const receiptSchema = z.object({ event_id: z.int().positive(), received_at: z.string() });

/** `publish_event`: tells the event sink about the order. */
export async function publishEvent(
  ctx: Pick<HandlerContext, 'deps' | 'context' | 'signal' | 'idempotencyKey'>,
): Promise<Published> {
  const { order } = expectShape(
    orderResult,
    ctx.deps['create_order'],
    'The result of create_order',
  );
  return publishOrder(order, ctx);
}

/**
 * Publishes the event of an order. A step runs at least once, so it may run twice (the process dies after the sink said yes and before the
 * engine knew): the idempotency key makes the second time find the event of the first, instead of making another one.
 */
export async function publishOrder(
  order: Order,
  ctx: Pick<HandlerContext, 'context' | 'signal' | 'idempotencyKey'>,
): Promise<Published> {
  const url = `${shopUrl(orderContext(ctx).shop_port)}/events`;
  const payload = {
    order_id: order.order_id,
    cart_id: order.cart_id,
    discounted_total: order.discounted_total,
    status: order.status,
  };
  const eventName = 'OrderCreated';
  const receipt = expectShape(
    receiptSchema,
    await askShop({
      url,
      signal: ctx.signal,
      body: { event_name: eventName, payload },
      // The order id keeps apart the tasks of two databases, which both count from 1.
      idempotencyKey: `${ctx.idempotencyKey}:${order.order_id}`,
    }),
    url,
  );
  return {
    published: true,
    publish_results: {
      event_name: eventName,
      event_id: receipt.event_id,
      payload,
      published_at: receipt.received_at,
      published_to: url,
      status: order.status,
    },
  };
}
