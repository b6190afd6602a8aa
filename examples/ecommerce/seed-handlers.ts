/**
 * What runs under the Ruby class names of seed.yaml. Give it to the command line with `--handlers`, or to `createTasker({ handlers })`.
 * A handler is a function, or a class that gets its `handler_config` and has a `call`, as the two that fetch.
 */
import type { HandlerContext, Json, StepHandler } from 'tasker-engine';
import { z } from 'zod';
import { cartResult, expectShape, productsResult, type Cart, type Product } from './steps/data.ts';
import { publishEvent } from './steps/event.ts';
import { createOrder } from './steps/order.ts';
import { askShop, orderContext } from './steps/shop-client.ts';
import { validateProducts } from './steps/validate.ts';

const configSchema = z.object({
  url: z.url(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
});

/** Fetches the cart of the context below `handler_config.url`; `handler_config.params` become the query. */
class CartFetchStepHandler {
  readonly #config: z.infer<typeof configSchema>;

  constructor(config?: Json) {
    this.#config = expectShape(configSchema, config, 'handler_config of fetch_cart');
  }

  async call(ctx: HandlerContext): Promise<{ cart: Cart }> {
    const url = new URL(`${this.#config.url}/${orderContext(ctx).cart_id}`);
    for (const [name, value] of Object.entries(this.#config.params))
      url.searchParams.set(name, String(value));
    return expectShape(cartResult, await askShop({ url: url.href, signal: ctx.signal }), url.href);
  }
}

/** Fetches the catalogue from `handler_config.url`. */
class ProductsFetchStepHandler {
  readonly #config: z.infer<typeof configSchema>;

  constructor(config?: Json) {
    this.#config = expectShape(configSchema, config, 'handler_config of fetch_products');
  }

  async call(ctx: HandlerContext): Promise<{ products: Product[] }> {
    const { url } = this.#config;
    return expectShape(productsResult, await askShop({ url, signal: ctx.signal }), url);
  }
}

/** Every handler of seed.yaml, by the name that it has there. */
export const handlers: Readonly<Record<string, StepHandler>> = {
  'ApiTask::StepHandler::CartFetchStepHandler': CartFetchStepHandler,
  'ApiTask::StepHandler::ProductsFetchStepHandler': ProductsFetchStepHandler,
  'ApiTask::StepHandler::ProductsValidateStepHandler': validateProducts,
  'ApiTask::StepHandler::CreateOrderStepHandler': createOrder,
  'ApiTask::StepHandler::PublishEventStepHandler': publishEvent,
};
