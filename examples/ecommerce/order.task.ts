import { defineTask } from 'tasker-engine';
import { fetchCart } from './steps/cart.ts';
import { contextSchema } from './steps/data.ts';
import { publishOrder } from './steps/event.ts';
import { buildOrder } from './steps/order.ts';
import { fetchProducts } from './steps/products.ts';
import { validateCart } from './steps/validate.ts';

/**
 * The order of order.yaml, in code: the same steps, the same results. Here the compiler knows the context and what each step receives:
 * `deps.cart` is what `fetchCart` returns, and a step that is not named in `dependsOn` is not there.
 */
export const orderInCode = defineTask(
  {
    name: 'order_in_code',
    namespace: 'ecommerce',
    version: '1.0.0',
    description: 'Turns a cart of the shop into an order and tells the world about it',
    schema: contextSchema,
    defaultDependentSystem: 'ecommerce_system',
  },
  (t) => {
    const cart = t.step('fetch_cart', { description: 'Fetch the cart', timeout: '10s' }, fetchCart);
    const products = t.step(
      'fetch_products',
      {
        description: 'Fetch the catalogue',
        retryLimit: 5,
        backoff: { strategy: 'exponential', base: '500ms', max: '30s', jitter: 'none' },
        timeout: '10s',
      },
      fetchProducts,
    );
    const validated = t.step(
      'validate_products',
      {
        description: 'Check that every product exists and is in stock',
        dependsOn: { cart, products },
      },
      ({ deps }) => validateCart(deps.cart.cart, deps.products.products),
    );
    const created = t.step(
      'create_order',
      { description: 'Build the order, with its totals', dependsOn: { validated } },
      (ctx) => {
        const order = buildOrder(ctx.deps.validated, ctx.task);
        ctx.annotate('order', {
          order_id: order.order_id,
          discounted_total: order.discounted_total,
        });
        return { order_id: order.order_id, order };
      },
    );
    const published = t.step(
      'publish_event',
      {
        description: 'Publish the event OrderCreated',
        dependsOn: { created },
        dependentSystem: 'event_sink',
        retryLimit: 5,
        backoff: { strategy: 'exponential', base: '500ms', max: '30s' },
        timeout: '10s',
      },
      (ctx) => publishOrder(ctx.deps.created.order, ctx),
    );
    return { created, published };
  },
);
