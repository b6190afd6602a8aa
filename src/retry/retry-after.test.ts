import { expect, test } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const now = new Date('2026-03-01T12:00:00Z');
const parse = (header: string | null | undefined, capMs?: number) =>
  parseRetryAfter(header, capMs === undefined ? { now } : { now, capMs });

test('reads seconds', () => {
  expect(parse('30')).toBe(30_000);
  expect(parse(' 0 ')).toBe(0);
});

test('reads the three HTTP date forms as UTC', () => {
  expect(parse('Sun, 01 Mar 2026 12:01:00 GMT')).toBe(60_000);
  expect(parse('Sunday, 01-Mar-26 12:01:00 GMT')).toBe(60_000);
  expect(parse('Sun Mar  1 12:01:00 2026')).toBe(60_000);
});

test('a date in the past means now, never a negative wait', () => {
  expect(parse('Sun, 01 Mar 2026 11:00:00 GMT')).toBe(0);
});

test('caps what the remote system asks for at one hour, or at the given cap', () => {
  expect(parse('999999999999999999999')).toBe(3_600_000);
  expect(parse('Tue, 01 Mar 2039 12:00:00 GMT')).toBe(3_600_000);
  expect(parse('30', 10_000)).toBe(10_000);
});

test.each([null, undefined, '', 'soon', '-5', '1e3', 'NaN', 'Infinity', '2026-03-01', 'Sunday'])(
  'ignores %j as if it were absent',
  (header) => {
    expect(parse(header)).toBeNull();
  },
);
