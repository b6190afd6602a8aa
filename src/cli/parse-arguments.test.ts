import { expect, test } from 'vitest';
import {
  collect,
  duration,
  jsonArgument,
  stepName,
  taskId,
  wholeNumber,
} from './parse-arguments.ts';

test.each(['0', '-1', '1.5', 'x', '', '1e3', '99999999999999999'])('%j is no task id', (text) => {
  expect(() => taskId(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', exitCode: 2 }),
  );
});

test('a task id is a positive whole number', () => {
  expect(taskId('42')).toBe(42);
});

test('a step is named by its name or its position', () => {
  expect(stepName('fetch_cart')).toBe('fetch_cart');
  expect(stepName('0')).toBe(0);
  expect(stepName('#12')).toBe(12);
});

test.each(['many', '-1', '0', '21', '1.5'])('%j is out of 1 to 20', (text) => {
  expect(() => wholeNumber(1, 20)(text)).toThrow('Give a whole number from 1 to 20.');
});

test('a duration is in milliseconds, and anything else is refused', () => {
  expect(duration('1.5s')).toBe(1_500);
  expect(() => duration('soon')).toThrow('Give a number and a unit');
});

test('repeated options are collected in order', () => {
  expect(collect('b', collect('a', undefined))).toEqual(['a', 'b']);
});

test('an option takes JSON, and says what is wrong with what is not', async () => {
  await expect(jsonArgument('--result', '{"a":[1]}', '/')).resolves.toEqual({ a: [1] });
  await expect(jsonArgument('--result', '{bad', '/')).rejects.toThrow('--result is not JSON');
  await expect(jsonArgument('--context', '@missing.json', '/nowhere')).rejects.toThrow(
    '--context names a file that cannot be read',
  );
});
