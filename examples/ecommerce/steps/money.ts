/** Money is whole cents inside a computation; decimal numbers are only what is read and written. */
export type Cents = number;

/** 12.99 to 1299. A price with fractions of a cent is rounded to the nearest one. */
export function toCents(amount: number): Cents {
  return Math.round(amount * 100);
}

/** 1299 to 12.99. */
export function fromCents(cents: Cents): number {
  return cents / 100;
}

/**
 * What is left of an amount after a discount, rounded half up to a cent.
 * The percentage counts in hundredths (7.25 % is 725), so that every step but the last is exact.
 */
export function discounted(amount: Cents, percentage: number): Cents {
  const kept = 10_000 - Math.round(percentage * 100);
  return Math.floor((amount * kept + 5_000) / 10_000);
}
