import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTaskerError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const LIST = { status: ['error'], sort_by: 'created_at' };

function outcome(text: string, list = LIST): unknown {
  try {
    return decodeCursor(text, list);
  } catch (error) {
    if (isTaskerError(error)) return error.code;
    throw error;
  }
}

test('a cursor comes back as it was given, in the list that gave it', () => {
  const at = fc.option(fc.date({ noInvalidDate: true }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 37 }), at, (taskId, moment) => {
      expect(outcome(encodeCursor({ taskId, at: moment }, LIST))).toEqual({ taskId, at: moment });
    }),
  );
});

test('the order of the parameters does not matter, their values do', () => {
  const cursor = encodeCursor({ taskId: 7, at: null }, LIST);

  expect(outcome(cursor, { sort_by: 'created_at', status: ['error'] })).toEqual({
    taskId: 7,
    at: null,
  });
  expect(outcome(cursor, { ...LIST, sort_by: 'task_id' })).toBe('INVALID_REQUEST');
  expect(outcome(cursor, { ...LIST, status: ['pending'] })).toBe('INVALID_REQUEST');
});

test('a cursor that was made up or changed is refused, whatever it is', () => {
  const cursor = encodeCursor({ taskId: 7, at: null }, LIST);
  const place = (text: string): string => Buffer.from(text).toString('base64url');
  const signature = cursor.split('.')[1] ?? '';
  for (const text of [
    '',
    '.',
    'x',
    'eyJpZCI6Inh4In0',
    place('[1,null]'),
    `${place('[1,null]')}.${signature}`,
  ])
    expect(outcome(text)).toBe('INVALID_REQUEST');
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (text) => {
      expect(outcome(text)).toBe('INVALID_REQUEST');
    }),
  );
});
