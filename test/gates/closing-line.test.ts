import { expect, test } from 'vitest';
import { closingLine, skippedOnPostgres, type Outcome } from '../support/closing-line.ts';

const passed = (suite: string, name = 'works'): Outcome => ({ suite, name, state: 'passed' });

test('the closing line counts every passed test once, by what it ran on', () => {
  const outcomes = [
    passed('claiming [postgres]'),
    passed('a PostgreSQL database > when it is restarted'),
    passed('claiming [pglite]'),
    passed('', 'runs an order on PGlite'),
    passed('', 'a duration has a unit'),
  ];

  expect(closingLine(outcomes, { postgres: '15.18', pglite: '18.6' })).toBe(
    'tests: 5 passed · PostgreSQL 15.18: 2 · PGlite 18.6: 2 · neither: 1 · 0 failed',
  );
});

test('a failed test is counted as failed and as nothing else', () => {
  const outcomes: Outcome[] = [
    passed('one [pglite]'),
    { ...passed('two [pglite]'), state: 'failed' },
  ];

  expect(closingLine(outcomes, { postgres: null, pglite: '18.6' })).toBe(
    'tests: 1 passed · PostgreSQL: 0 · PGlite 18.6: 1 · neither: 0 · 1 failed',
  );
});

test('tests that were skipped for want of a server are named', () => {
  const outcomes: Outcome[] = [
    passed('one [pglite]'),
    { ...passed('one [postgres]'), state: 'skipped' },
    { ...passed('two'), state: 'skipped' },
  ];

  expect(skippedOnPostgres(outcomes)).toBe(1);
  expect(closingLine(outcomes, { postgres: null, pglite: '18.6' })).toMatch(
    / · 2 skipped · 1 of them need PostgreSQL \(no server found\)$/,
  );
});
