/** One line of a cart. The discount is in per cent of the line, with at most two decimals. */
export interface CartLine {
  readonly productId: number;
  readonly quantity: number;
  readonly discountPercentage: number;
}

export interface Cart {
  readonly id: number;
  readonly customerId: number;
  readonly lines: readonly CartLine[];
}

/**
 * The whole collection: 30 invented carts. Some are meant to fail, so that failing can be tried:
 * carts 15, 22 and 27 ask for more than there is, cart 28 does so only when its two lines of one product are added up,
 * and cart 30 is empty. Cart 3 names a product twice and is fine.
 */
export const CARTS: readonly Cart[] = [
  cart(1, 101, [2, 2, 0], [10, 1, 5], [18, 4, 0]),
  cart(2, 102, [4, 1, 12.5]),
  cart(3, 103, [7, 2, 10], [25, 1, 0], [7, 1, 25], [12, 1, 7.25]),
  cart(4, 104, [1, 1, 0], [16, 2, 15]),
  cart(5, 105, [23, 1, 8]),
  cart(6, 106, [20, 6, 33.33], [6, 2, 0]),
  cart(7, 101, [3, 3, 2.5], [29, 1, 2.5], [15, 1, 10]),
  cart(8, 107, [17, 1, 0]),
  cart(9, 108, [28, 10, 20], [4, 5, 20], [27, 1, 0]),
  cart(10, 109, [13, 1, 0], [20, 3, 0]),
  cart(11, 110, [5, 1, 11.11], [22, 3, 11.11], [19, 1, 11.11]),
  cart(12, 111, [24, 4, 5]),
  cart(13, 112, [9, 3, 0]),
  cart(14, 113, [14, 1, 17.5], [11, 2, 0], [26, 1, 0], [18, 2, 0]),
  cart(15, 114, [7, 1, 0], [9, 5, 10]),
  cart(16, 115, [8, 2, 4.99]),
  cart(17, 116, [10, 40, 30]),
  cart(18, 103, [21, 1, 0], [3, 1, 0]),
  cart(19, 117, [30, 1, 0]),
  cart(20, 118, [25, 2, 6], [7, 4, 6], [24, 2, 6], [17, 1, 6]),
  cart(21, 119, [6, 1, 50], [16, 1, 50]),
  cart(22, 120, [30, 2, 0]),
  cart(23, 121, [12, 1, 0], [19, 2, 3.5], [2, 1, 0]),
  cart(24, 122, [18, 100, 12]),
  cart(25, 123, [26, 3, 1.01], [11, 1, 99.99]),
  cart(26, 124, [1, 2, 100]),
  cart(27, 125, [23, 1, 0], [21, 9, 0]),
  cart(28, 126, [13, 5, 0], [13, 4, 0]),
  cart(29, 127, [29, 1, 0], [15, 2, 20], [21, 1, 20], [3, 1, 0]),
  cart(30, 128),
];

type Line = readonly [productId: number, quantity: number, discountPercentage: number];

function cart(id: number, customerId: number, ...lines: readonly Line[]): Cart {
  return {
    id,
    customerId,
    lines: lines.map(([productId, quantity, discountPercentage]) => ({
      productId,
      quantity,
      discountPercentage,
    })),
  };
}
