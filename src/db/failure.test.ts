import { expect, test } from 'vitest';

import { TaskerError } from '../kernel/errors.ts';
import {
  isDoubtful,
  isStalePlan,
  isUnavailable,
  retryConflicts,
  sqlState,
  toCallerError,
} from './failure.ts';

const failure = (code: string | undefined, message = 'failed'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

test.for([
  '08006',
  '08P01',
  '53300',
  '53100',
  '57P01',
  '57P02',
  '57P03',
  '25006',
  'ECONNREFUSED',
  'EPIPE',
  'ENOTFOUND',
])('%s means that the database is unavailable and the connection in doubt', (code) => {
  const error = failure(code);
  expect(isUnavailable(error)).toBe(true);
  expect(isDoubtful(error)).toBe(true);
  expect(toCallerError(error)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: error });
});

test.for(['23505', '40P01', '55P03', '57014', '22P02', '42P01'])(
  '%s is the answer to one statement: it passes as it is and the connection stays',
  (code) => {
    const error = failure(code);
    expect(isUnavailable(error)).toBe(false);
    expect(isDoubtful(error)).toBe(false);
    expect(toCallerError(error)).toBe(error);
  },
);

test('what a driver says without a code is understood', () => {
  expect(isUnavailable(failure(undefined, 'Connection terminated unexpectedly'))).toBe(true);
  expect(isUnavailable(failure(undefined, 'timeout exceeded when trying to connect'))).toBe(true);
  expect(isUnavailable(failure(undefined, 'Query read timeout'))).toBe(true);
  expect(isUnavailable(failure(undefined, 'x is not a function'))).toBe(false);
});

test('anything that the server did not report leaves the connection in doubt', () => {
  expect(isDoubtful(failure(undefined, 'x is not a function'))).toBe(true);
  expect(isDoubtful(new TaskerError('DATABASE_FAULT', { problem: 'no tag' }))).toBe(true);
  expect(isDoubtful('thrown text')).toBe(true);
});

test('EPIPE is no SQLSTATE, although it has five letters', () => {
  expect(sqlState(failure('EPIPE'))).toBeUndefined();
  expect(sqlState(failure('P0001'))).toBe('P0001');
});

test('a prepared statement that no longer fits is stale, another unsupported feature is not', () => {
  expect(isStalePlan(failure('0A000', 'cached plan must not change result type'))).toBe(true);
  expect(isStalePlan(failure('26000'))).toBe(true);
  expect(isStalePlan(failure('0A000', 'cannot use subquery'))).toBe(false);
});

test('only conflicts are tried again', async () => {
  let runs = 0;
  const twice = await retryConflicts(() => {
    runs += 1;
    return runs < 3 ? Promise.reject(failure('40001')) : Promise.resolve(runs);
  });
  expect(twice).toBe(3);
  await expect(retryConflicts(() => Promise.reject(failure('23505')))).rejects.toMatchObject({
    code: '23505',
  });
});
