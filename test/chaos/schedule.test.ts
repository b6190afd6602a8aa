import { expect, test } from 'vitest';
import { chosen, makeSchedule } from '../../chaos/schedule.mjs';

const PLAN = {
  durationMs: 60_000,
  fullMs: 60_000,
  faults: { 'worker-kill': 40, 'postgres-kill': 3 },
};

test('the same seed gives the same schedule, another seed another one', () => {
  expect(makeSchedule({ ...PLAN, seed: 7 })).toEqual(makeSchedule({ ...PLAN, seed: 7 }));
  expect(makeSchedule({ ...PLAN, seed: 7 })).not.toEqual(makeSchedule({ ...PLAN, seed: 8 }));
});

test('a schedule has as many faults of each kind as the profile says, in order, within the time', () => {
  const schedule = makeSchedule({ ...PLAN, seed: 1 });
  const times = schedule.map(({ atMs }) => atMs);
  expect(schedule.filter(({ kind }) => kind === 'worker-kill')).toHaveLength(40);
  expect(schedule.filter(({ kind }) => kind === 'postgres-kill')).toHaveLength(3);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...times)).toBeLessThan(PLAN.durationMs);
});

test('a longer run has more faults, in proportion', () => {
  expect(makeSchedule({ ...PLAN, seed: 1, durationMs: 120_000 })).toHaveLength(86);
});

test('a fault of one kind keeps its time when another kind is left out', () => {
  const all = makeSchedule({ ...PLAN, seed: 5 });
  const alone = makeSchedule({ ...PLAN, seed: 5, faults: { 'postgres-kill': 3 } });
  expect(all.filter(({ kind }) => kind === 'postgres-kill')).toEqual(alone);
});

test.each([
  [null, 'slow', true],
  [['kill'], 'worker-kill', true],
  [['kill'], 'worker-pause', false],
  [['worker-pause', 'kill'], 'worker-pause', true],
  [['failover'], 'async-failover', true],
])('with --only %j, %s is chosen: %s', (only, kind, expected) => {
  expect(chosen(only)(kind)).toBe(expected);
});
