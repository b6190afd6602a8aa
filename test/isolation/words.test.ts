import { expect, test } from 'vitest';
import { accountFor, orders, type Branch } from './words.ts';

/** A branch at which some sessions could go on, and these did. */
function at(open: readonly number[], ...children: readonly (readonly [number, Branch])[]): Branch {
  return { open, blocked: [], isDeadlocked: false, children: new Map(children) };
}

const END = at([]);
const LAST_OF = (session: number): Branch => at([session], [session, END]);

test('the orders of steps are the multinomial coefficient', () => {
  expect(orders([])).toBe(1);
  expect(orders([4])).toBe(1);
  expect(orders([2, 2])).toBe(6);
  expect(orders([6, 6])).toBe(924);
  expect(orders([2, 2, 8])).toBe(2970);
  expect(orders([4, 4, 4])).toBe(34650);
});

test('a whole tree accounts for every order', () => {
  const tree = at([0, 1], [0, LAST_OF(1)], [1, LAST_OF(0)]);
  const account = accountFor(tree, 2);

  expect(account).toMatchObject({ steps: [1, 1], orders: 2, playedOrders: 2, missing: 0 });
});

test('an interleaving that was never played is missed', () => {
  const account = accountFor(at([0, 1], [0, LAST_OF(1)]), 2);

  expect(account.missing).toBe(1);
  expect(account.playedOrders).toBeLessThan(account.orders);
});

test('an order in which a waiting session would go on is impossible, and counted', () => {
  const waits: Branch = { ...LAST_OF(0), blocked: [1] };
  const account = accountFor(
    at([0, 1], [0, at([0, 1], [0, LAST_OF(1)], [1, LAST_OF(0)])], [1, waits]),
    2,
  );

  expect(account).toMatchObject({ steps: [2, 1], orders: 3, playedOrders: 3, missing: 0 });
  const stuck = at([0, 1], [0, LAST_OF(1)], [1, { ...at([0], [0, LAST_OF(1)]), blocked: [1] }]);
  const withTwo = accountFor(stuck, 2);
  expect(withTwo.playedOrders + withTwo.impossible).toBe(withTwo.orders);
  expect(withTwo.impossible).toBeGreaterThan(0);
});

test('a session that ends early stands for several orders', () => {
  const early = at([0, 1], [0, LAST_OF(1)], [1, at([0, 1], [0, LAST_OF(1)], [1, LAST_OF(0)])]);
  const account = accountFor(early, 2);

  expect(account.steps).toEqual([1, 2]);
  expect(account.playedOrders).toBe(account.orders);
});
