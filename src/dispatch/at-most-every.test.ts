import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { atMostEvery } from './at-most-every.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a flood is answered at once and at the end of each span', () => {
  const work = vi.fn();
  const spaced = atMostEvery(100, work);

  for (let asked = 0; asked < 50; asked += 1) spaced.ask();
  expect(work).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(100);
  expect(work).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1_000);
  expect(work).toHaveBeenCalledTimes(2);
});

test('what was still to be done is done at the end, once', () => {
  const work = vi.fn();
  const spaced = atMostEvery(100, work);
  spaced.ask();
  spaced.ask();

  spaced.finish();
  vi.advanceTimersByTime(1_000);

  expect(work).toHaveBeenCalledTimes(2);
});
