import { expect, test } from 'vitest';
import { outcomeOf, type TaskRemains } from './outcome.ts';

/** A task with one leaf left and nothing that moves. */
const STILL: TaskRemains = { leavesLeft: 1, running: 0, queued: 0, exhausted: 0, cancelled: 0 };

test.each<[string, Partial<TaskRemains>]>([
  ['runs beside a failed one', { running: 1, exhausted: 1 }],
  ['is queued, or waits for its retry, beside a failed one', { queued: 1, exhausted: 1 }],
  ['runs beside a cancelled one', { running: 1, cancelled: 1 }],
  ['runs although no leaf is left', { running: 1, leavesLeft: 0 }],
])('a task goes on while a step %s', (_, remains) => {
  expect(outcomeOf({ ...STILL, ...remains })).toBe(null);
});

test('once nothing moves, a failed step decides, before cancelled ones and before the leaves', () => {
  expect(outcomeOf({ ...STILL, exhausted: 1 })).toBe('error');
  expect(outcomeOf({ ...STILL, exhausted: 1, cancelled: 2 })).toBe('error');
  expect(outcomeOf({ ...STILL, exhausted: 1, leavesLeft: 0 })).toBe('error');
});

test('a task without a leaf left is complete, one with cancelled steps otherwise is cancelled', () => {
  expect(outcomeOf({ ...STILL, leavesLeft: 0 })).toBe('complete');
  expect(outcomeOf({ ...STILL, leavesLeft: 0, cancelled: 1 })).toBe('complete');
  expect(outcomeOf({ ...STILL, cancelled: 1 })).toBe('cancelled');
});

test('what nothing explains has no outcome: the audit reports it', () => {
  expect(outcomeOf(STILL)).toBe(null);
});
