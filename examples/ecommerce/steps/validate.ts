import { PermanentError, type HandlerContext } from 'tasker-engine';
import {
  cartResult,
  expectShape,
  productsResult,
  type Cart,
  type Product,
  type ValidatedCart,
} from './data.ts';

/** `validate_products`: reads the results of its two parents. */
export function validateProducts(ctx: Pick<HandlerContext, 'deps'>): ValidatedCart {
  const { cart } = expectShape(cartResult, ctx.deps['fetch_cart'], 'The result of fetch_cart');
  const { products } = expectShape(
    productsResult,
    ctx.deps['fetch_products'],
    'The result of fetch_products',
  );
  return validateCart(cart, products);
}

/**
 * Checks that everything in the cart exists and that there is enough of it.
 * Lines that name the same product are added up first: two lines of 5 need a stock of 10.
 *
 * @returns every line of the cart with the product's name and price
 * @throws PermanentError that names each product at fault with the numbers: waiting does not fill a shelf
 */
export function validateCart(cart: Cart, products: readonly Product[]): ValidatedCart {
  if (cart.lines.length === 0)
    throw new PermanentError(`No valid products found for cart: ${cart.id} is empty`);
  const catalogue = new Map(products.map((product) => [product.id, product]));
  const wanted = new Map<number, number>();
  for (const line of cart.lines)
    wanted.set(line.product_id, (wanted.get(line.product_id) ?? 0) + line.quantity);
  const problems = [...wanted].flatMap(([id, quantity]) =>
    problemOf(id, quantity, catalogue.get(id)),
  );
  if (problems.length > 0) {
    throw new PermanentError(`Cart ${cart.id} cannot be ordered: ${problems.join('; ')}`, {
      data: { cart_id: cart.id, problems },
    });
  }
  return {
    cart_id: cart.id,
    customer_id: cart.customer_id,
    valid_products: cart.lines.flatMap((line) => {
      const product = catalogue.get(line.product_id);
      return product ? [{ ...line, name: product.name, price: product.price }] : [];
    }),
  };
}

function problemOf(id: number, quantity: number, product: Product | undefined): string[] {
  if (product === undefined) return [`Product with ID ${id} not found in products list`];
  if (quantity <= product.stock) return [];
  return [`Product ${id} (${product.name}): ${quantity} wanted, ${product.stock} in stock`];
}
