import { PermanentError } from 'tasker-engine';
import { z } from 'zod';

/**
 * What the steps hand to each other and what the shop sends, checked wherever it enters.
 * Keys are snake_case, because these values are stored and seen as they are.
 */
export const cartSchema = z.object({
  id: z.int().positive(),
  customer_id: z.int().positive(),
  lines: z.array(
    z.object({
      product_id: z.int().positive(),
      quantity: z.int().positive(),
      /** In per cent of the line, 0 to 100, with at most two decimals. */
      discount_percentage: z.number().min(0).max(100),
    }),
  ),
});
export type Cart = z.infer<typeof cartSchema>;

export const productSchema = z.object({
  id: z.int().positive(),
  name: z.string(),
  category: z.string(),
  /** In the shop's currency, with at most two decimals: 34.9 is 34.90. */
  price: z.number().positive(),
  /** Pieces that can be delivered now. */
  stock: z.int().nonnegative(),
});
export type Product = z.infer<typeof productSchema>;

/** A line of the cart together with the product that it names: in stock, and with the price of this moment. */
export const validProductSchema = z.object({
  product_id: z.int().positive(),
  name: z.string(),
  quantity: z.int().positive(),
  price: z.number().positive(),
  discount_percentage: z.number().min(0).max(100),
});
export type ValidProduct = z.infer<typeof validProductSchema>;

export const orderSchema = z.object({
  order_id: z.string(),
  cart_id: z.int().positive(),
  customer_id: z.int().positive(),
  status: z.literal('placed_pending_fulfillment'),
  placed_at: z.string(),
  lines: z.array(validProductSchema.extend({ total: z.number(), discounted_total: z.number() })),
  /** Before discounts. */
  total: z.number(),
  /** What the customer pays: the sum of the lines' discounted totals, each rounded to a cent. */
  discounted_total: z.number(),
});
export type Order = z.infer<typeof orderSchema>;

export const contextSchema = z.object({
  cart_id: z.int(),
  /** The port of the shop on this machine. */
  shop_port: z.int().min(1).max(65_535).default(4848),
});
export type OrderContext = z.infer<typeof contextSchema>;

/** The results of the steps, as each step returns them. */
export const cartResult = z.object({ cart: cartSchema });
export const productsResult = z.object({ products: z.array(productSchema) });
export const validResult = z.object({
  cart_id: z.int(),
  customer_id: z.int(),
  valid_products: z.array(validProductSchema),
});
export type ValidatedCart = z.infer<typeof validResult>;
export const orderResult = z.object({ order_id: z.string(), order: orderSchema });

/**
 * Checks a value that came from outside this step.
 *
 * @param what what the value is, for the message
 * @throws PermanentError that names the first place that does not fit: asking again would not change it
 */
export function expectShape<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  what: string,
): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PermanentError(
    `${what} is not as expected: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
  );
}
