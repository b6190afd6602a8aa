import { expect, test } from 'vitest';
import { judge } from '../../chaos/verdict.mjs';

const OPTIONS = {
  profile: { minutes: 2, bounds: { workerKills: 100, late: 1 } },
  minutes: 2,
  leaseMs: 3_000,
  only: null,
};
const GOOD = {
  lost: 0,
  double: 0,
  violations: 0,
  workerKills: 104,
  late: 12,
  recoveryP99Ms: 5_900,
};

test('a run in which every promise held and every attack happened is accepted', () => {
  expect(judge(GOOD, OPTIONS)).toEqual({ broken: [], slow: [] });
});

test.each([
  'lost',
  'wrongEnds',
  'doubleTasks',
  'unrecorded',
  'runTwice',
  'double',
  'staleWinners',
  'unseen',
  'tooEarly',
  'wrongPoison',
  'violations',
  'wrongAnswers',
  'embeddedLost',
])('one %s is enough to fail', (name) => {
  const { broken } = judge({ ...GOOD, [name]: 1 }, OPTIONS);
  expect(broken).toEqual([`${name} is 1, not 0`]);
});

test('a run without late results fails: the attack did not happen', () => {
  expect(judge({ ...GOOD, late: 0 }, OPTIONS).broken).toEqual([
    'late is 0, not at least 1: the attack did not happen',
  ]);
});

test('counts are expected in proportion to the length, and not of a run that chose its faults', () => {
  const few = { ...GOOD, workerKills: 50 };
  expect(judge(few, OPTIONS).broken).toHaveLength(1);
  expect(judge(few, { ...OPTIONS, minutes: 1 }).broken).toEqual([]);
  expect(judge(few, { ...OPTIONS, only: ['kill'] }).broken).toEqual([]);
});

test('what took long is told, and fails only a profile that is about it', () => {
  const late = { ...GOOD, recoveryP99Ms: 6_500, resumeAfterPromoteMs: 7_000 };
  expect(judge(late, OPTIONS)).toEqual({
    broken: [],
    slow: ['recoveryP99Ms is 6500, more than 6000', 'resumeAfterPromoteMs is 7000, more than 5000'],
  });
  const profile = { minutes: 2, bounds: { recoveryP99Ms: 2_000 } };
  expect(judge({ ...GOOD, recoveryP99Ms: 2_001 }, { ...OPTIONS, profile }).broken).toEqual([
    'recoveryP99Ms is 2001, more than 2000',
  ]);
});
