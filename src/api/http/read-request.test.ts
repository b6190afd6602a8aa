import { expect, test } from 'vitest';
import { z } from 'zod';
import { isTaskerError } from '../../kernel/errors.ts';
import { checkedBy, queryOf } from './read-request.ts';

/** What is said about a value that does not fit. */
function problems(schema: z.ZodType, value: unknown): readonly string[] {
  try {
    checkedBy(schema, value, '');
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_REQUEST')) throw error;
    return (error.details.problems ?? []).map(({ path, message }) => `${path}: ${message}`);
  }
  throw new Error('it fits');
}

const task = z.strictObject({ name: z.string().max(5), tags: z.array(z.string()).optional() });
const body = z.union([task, z.strictObject({ task })]);

test.each<[string, unknown, readonly string[]]>([
  ['a missing member', {}, ['name: is missing']],
  ['a misspelt member', { name: 'a', tgas: [] }, ['tgas: is not known. Did you mean "tags"?']],
  ['the place inside a list', { name: 'a', tags: ['x', 1] }, ['tags.1: must be a string']],
  ['the place inside the wrapper', { task: { name: 5 } }, ['task.name: must be a string']],
])('says %s, of the form that comes nearest', (_, value, said) => {
  expect(problems(body, value)).toEqual(said);
});

test('looks into twenty problems at most, however many there are', () => {
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key${n}`, n]));

  expect(problems(task, { name: 'a', ...many })).toHaveLength(20);
  const list = Array.from({ length: 50_000 }, () => 1);
  expect(problems(task, { name: 'a', tags: list })).toHaveLength(20);
});

test('a key is named by its first 64 letters', () => {
  const [said = ''] = problems(task, { name: 'a', ['k'.repeat(1_000_000)]: 1 });

  expect(said.length).toBeLessThan(200);
});

const query = (text: string): unknown => {
  try {
    return queryOf(new URL(`http://localhost/?${text}`));
  } catch (error) {
    return isTaskerError(error) ? error.code : error;
  }
};

test.each<[string, unknown]>([
  ['', {}],
  ['a=1&b=x%20y', { a: '1', b: 'x y' }],
  ['a', { a: '' }],
  ['constructor=1', { constructor: '1' }],
  ['a=1&a=1', 'INVALID_REQUEST'],
  ['a=%00', 'INVALID_REQUEST'],
  ['%00=1', 'INVALID_REQUEST'],
  ['__proto__=1', 'INVALID_REQUEST'],
])('the query string %s is read as %j', (text, answer) => {
  expect(query(text)).toEqual(answer);
});

test('a hundred parameters are read, one more is refused', () => {
  const parameters = (count: number): string =>
    Array.from({ length: count }, (_, n) => `p${n}=1`).join('&');

  expect(Object.keys(query(parameters(100)) as object)).toHaveLength(100); // sound: it was read
  expect(query(parameters(101))).toBe('INVALID_REQUEST');
});
