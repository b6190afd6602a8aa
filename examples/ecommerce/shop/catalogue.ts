/** One article of the shop. Money is whole cents, so that no sum of it can be wrong. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly priceCents: number;
  /** Pieces that can be delivered now. */
  readonly stock: number;
}

/** The whole catalogue: 30 invented articles of a shop for people who work outdoors. */
export const CATALOGUE: readonly Product[] = [
  product(1, 'Canvas work apron', 'clothing', 34_90, 42),
  product(2, 'Oak-handled trowel', 'garden', 18_45, 120),
  product(3, 'Rain gauge, glass', 'weather', 12_99, 65),
  product(4, 'Beeswax boot balm', 'care', 7_80, 300),
  product(5, 'Folding pruning saw', 'garden', 27_25, 38),
  product(6, 'Wool watch cap', 'clothing', 21_00, 90),
  product(7, 'Enamel mug, 0.5 l', 'camp', 11_35, 210),
  product(8, 'Storm lantern', 'camp', 44_95, 17),
  product(9, 'Brass plumb bob', 'tools', 29_60, 3),
  product(10, 'Carpenter pencils, dozen', 'tools', 5_49, 500),
  product(11, 'Linen seed bags, set of 6', 'garden', 9_15, 75),
  product(12, 'Leather tool roll', 'tools', 58_00, 12),
  product(13, 'Waxed field jacket', 'clothing', 149_00, 8),
  product(14, 'Copper watering can', 'garden', 63_75, 22),
  product(15, 'Barometer, walnut', 'weather', 118_20, 6),
  product(16, 'Goatskin gloves', 'clothing', 24_99, 130),
  product(17, 'Cast iron skillet', 'camp', 39_50, 31),
  product(18, 'Jute twine, 100 m', 'garden', 4_25, 640),
  product(19, 'Sharpening stone', 'tools', 16_05, 54),
  product(20, 'Merino socks, pair', 'clothing', 14_33, 180),
  product(21, 'Wind vane, hare', 'weather', 86_40, 4),
  product(22, 'Bow saw blade', 'tools', 8_88, 95),
  product(23, 'Potting bench', 'garden', 189_95, 2),
  product(24, 'Camp stool, ash', 'camp', 32_10, 26),
  product(25, 'Thermos flask, 1 l', 'camp', 28_75, 47),
  product(26, 'Bird feeder, cedar', 'garden', 19_99, 60),
  product(27, 'Cork yoga mat', 'care', 41_07, 15),
  product(28, 'Hand salve, 50 ml', 'care', 6_66, 250),
  product(29, 'Max-min thermometer', 'weather', 22_22, 33),
  product(30, 'Hickory axe', 'tools', 71_30, 1),
];

function product(
  id: number,
  name: string,
  category: string,
  priceCents: number,
  stock: number,
): Product {
  return { id, name, category, priceCents, stock };
}
