import type { HandlerContext } from 'tasker-engine';
import { expectShape, productsResult, type Product } from './data.ts';
import { askShop, orderContext, shopUrl } from './shop-client.ts';

/** `fetch_products`: the whole catalogue. order.yaml does the same without code, by a step of type `api`. */
export async function fetchProducts(
  ctx: Pick<HandlerContext, 'context' | 'signal'>,
): Promise<{ products: Product[] }> {
  const url = `${shopUrl(orderContext(ctx).shop_port)}/products`;
  return expectShape(productsResult, await askShop({ url, signal: ctx.signal }), url);
}
