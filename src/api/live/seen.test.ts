import { expect, test } from 'vitest';
import { createSeen } from './seen.ts';

const task = (taskId: number, revision: string, isOpen = true) => ({ taskId, revision, isOpen });

test('the first look at the newest tasks is where the comparison begins', () => {
  const seen = createSeen();

  expect(seen.compare([task(1, 'a'), task(2, 'a')], 10).taskIds).toEqual([]);
  expect(seen.compare([task(1, 'a'), task(2, 'b'), task(3, 'a')], 10).taskIds).toEqual([2, 3]);
});

test('what differs is found again until it was read', () => {
  const seen = createSeen();
  seen.compare([task(1, 'a')], 10);

  expect(seen.compare([task(1, 'b')], 10).taskIds).toEqual([1]);
  expect(seen.compare([task(1, 'b')], 10).taskIds).toEqual([1]);
  seen.note(1, 'b');
  expect(seen.compare([task(1, 'b')], 10).taskIds).toEqual([]);
});

test('a task that changed after it was read and before the first look is found', () => {
  const seen = createSeen();
  seen.note(1, 'a');

  expect(seen.compare([task(1, 'b'), task(2, 'a')], 10).taskIds).toEqual([1]);
});

test('an open task that is not among the newest any more is found', () => {
  const seen = createSeen();
  seen.compare([task(1, 'a'), task(2, 'a', false)], 2);

  const found = seen.compare([task(3, 'a'), task(4, 'a')], 2).taskIds;

  expect(new Set(found)).toEqual(new Set([1, 3, 4]));
});

test('many new tasks that were read in time are no flood', () => {
  const seen = createSeen();
  seen.compare([task(1, 'a')], 4);
  for (const id of [2, 3, 4]) seen.note(id, 'a');

  const look = [task(2, 'a'), task(3, 'a'), task(4, 'a'), task(5, 'a')];
  expect(seen.compare(look, 4)).toEqual({ taskIds: [5, 1], isFlooded: false });
});

test('so many new tasks that some may have gone unseen are a flood', () => {
  const seen = createSeen();
  seen.compare([task(1, 'a')], 2);

  expect(seen.compare([task(1, 'a'), task(2, 'a')], 2).isFlooded).toBe(false);
  expect(seen.compare([task(3, 'a'), task(4, 'a')], 2).isFlooded).toBe(true);
});

test('a look without lists compares what is watched by id, and lists begin anew afterwards', () => {
  const seen = createSeen();
  seen.compare([task(5, 'a')], 10);

  expect(seen.compare([task(1, 'a')], 0).taskIds).toEqual([1, 5]);
  expect(seen.compare([task(5, 'b'), task(6, 'a')], 10).taskIds).toEqual([5]);
});
