import { expect, test } from 'vitest';
import { lockEdges, ringOf, stepsOutOfOrder } from './lock-order.ts';

/** A wait of a session that held some locks. */
function wait(held: readonly string[], wanted: string, positions: readonly number[] = []) {
  const [last = null, ...before] = positions.toReversed();
  return {
    scenario: 'trial',
    actor: 'one',
    step: 'advanceSteps',
    waiter: 1,
    holders: [2],
    wanted: { kind: wanted, taskId: 7, position: last },
    held: held.map((kind, index) => ({ kind, taskId: 7, position: before[index] ?? null })),
  };
}

test('waits in one order have no ring', () => {
  const edges = lockEdges([wait(['queue row'], 'step'), wait(['queue row', 'step'], 'task')]);

  expect(edges.map(({ held, wanted }) => `${held} → ${wanted}`)).toEqual([
    'queue row → step',
    'queue row → task',
    'step → task',
  ]);
  expect(ringOf(edges)).toBeNull();
});

test('two orders are a ring, also over a third kind', () => {
  const edges = lockEdges([
    wait(['queue row'], 'step'),
    wait(['step'], 'task'),
    wait(['task'], 'queue row'),
  ]);

  expect(ringOf(edges)).toHaveLength(3);
});

test('a step that is waited for while a later one is held is out of order', () => {
  expect(stepsOutOfOrder([wait(['step'], 'step', [0, 1])])).toEqual([]);
  expect(stepsOutOfOrder([wait(['step'], 'step', [1, 0])])).toHaveLength(1);
});
