import type { HandlerContext } from 'tasker-engine';
import { cartResult, expectShape, type Cart } from './data.ts';
import { askShop, orderContext, shopUrl } from './shop-client.ts';

/** `fetch_cart`: the cart that the context names. A cart that does not exist is not asked for again. */
export async function fetchCart(
  ctx: Pick<HandlerContext, 'context' | 'signal'>,
): Promise<{ cart: Cart }> {
  const { cart_id: cartId, shop_port: port } = orderContext(ctx);
  const url = `${shopUrl(port)}/carts/${cartId}`;
  return expectShape(cartResult, await askShop({ url, signal: ctx.signal }), url);
}
