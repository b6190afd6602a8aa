import { expect, test } from 'vitest';
import { closingLine, skippedOnPostgres, type Outcome } from '../support/closing-line.ts';

const passed = (name: string): Outcome => ({ name, state: 'passed' });

test('the closing line counts every passed test once, by what it ran on', () => {
  const outcomes = [
    passed('claim [postgres] > takes a step'),
    passed('claim [postgres] > skips a locked step'),
    passed('claim [pglite] > takes a step'),
    passed('a duration has a unit'),
  ];

  expect(closingLine(outcomes, { postgres: '15.18', pglite: '18.6' })).toBe(
    'tests: 4 passed · PostgreSQL 15.18: 2 · PGlite 18.6: 1 · neither: 1 · 0 failed',
  );
});

test('a failed test is counted as failed and as nothing else', () => {
  const outcomes: Outcome[] = [passed('one [pglite]'), { name: 'two [pglite]', state: 'failed' }];

  expect(closingLine(outcomes, { postgres: null, pglite: '18.6' })).toBe(
    'tests: 1 passed · PostgreSQL: 0 · PGlite 18.6: 1 · neither: 0 · 1 failed',
  );
});

test('tests that were skipped for want of a server are named', () => {
  const outcomes: Outcome[] = [
    passed('one [pglite]'),
    { name: 'one [postgres]', state: 'skipped' },
    { name: 'two', state: 'skipped' },
  ];

  expect(skippedOnPostgres(outcomes)).toBe(1);
  expect(closingLine(outcomes, { postgres: null, pglite: '18.6' })).toMatch(
    / · 2 skipped · 1 of them need PostgreSQL \(no server found\)$/,
  );
});
