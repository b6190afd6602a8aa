import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from './patience.ts';

let nowMs = 1_000;
const ports = { elapsedMs: () => nowMs };

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 1_000;
});
afterEach(() => {
  vi.useRealTimers();
});

test('outcomes never wait while nothing is under way', () => {
  const patience = new Patience(ports, () => undefined);
  patience.started();
  expect(patience.mayWait(1, 0)).toBe(false);
});

test('a few outcomes wait for the statement under way, a hundred do not', () => {
  const patience = new Patience(ports, () => undefined);
  patience.started();
  expect(patience.mayWait(99, 1)).toBe(true);
  expect(patience.mayWait(100, 1)).toBe(false);
});

test('patience ends although no further outcome comes', () => {
  const again = vi.fn<() => void>();
  const patience = new Patience(ports, again);
  patience.started();
  expect(patience.mayWait(1, 1)).toBe(true);
  expect(patience.mayWait(2, 1)).toBe(true);
  vi.advanceTimersByTime(24);
  expect(again).not.toHaveBeenCalled();
  nowMs += 25;
  vi.advanceTimersByTime(1);
  expect(again).toHaveBeenCalledOnce();
  expect(patience.mayWait(2, 1)).toBe(false);
});
