import { expect, test } from 'vitest';
import { creationBatches } from './creation-batches.ts';

const requests = (count: number, size = 2) =>
  Array.from({ length: count }, () => ({ contextText: 'x'.repeat(size) }));
const sizes = (batches: ReturnType<typeof creationBatches>) =>
  batches.map(({ from, to }) => to - from);

test('five hundred small tasks go into one statement', () => {
  expect(creationBatches(requests(0), 5)).toEqual([]);
  expect(creationBatches(requests(1), 5)).toEqual([{ from: 0, to: 1 }]);
  expect(creationBatches(requests(500), 5)).toEqual([{ from: 0, to: 500 }]);
  expect(creationBatches(requests(501), 5)).toEqual([
    { from: 0, to: 500 },
    { from: 500, to: 501 },
  ]);
});

test('a statement stores at most 50,000 steps, and always one task', () => {
  expect(sizes(creationBatches(requests(12), 10_000))).toEqual([5, 5, 2]);
  expect(sizes(creationBatches(requests(3), 60_000))).toEqual([1, 1, 1]);
});

test('a statement carries at most 8 MiB of contexts, and always one', () => {
  expect(sizes(creationBatches(requests(5, 4 * 1_048_576), 1))).toEqual([2, 2, 1]);
  expect(sizes(creationBatches(requests(2, 9 * 1_048_576), 1))).toEqual([1, 1]);
});
