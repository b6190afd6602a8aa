import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileJsonSchema, schemaFault, validateStandard } from './schema.ts';

const ORDER = {
  type: 'object',
  required: ['cart_id'],
  properties: {
    cart_id: { type: 'integer' },
    express: { type: 'boolean', default: false },
    lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
  },
};

test('names the missing property by its path', () => {
  expect(compileJsonSchema(ORDER)({ bad_param: true, dummy: 12 })).toEqual({
    ok: false,
    problems: [{ path: '$.cart_id', message: 'is required' }],
  });
});

test('lets undeclared properties pass, and names them when the schema closes itself', () => {
  expect(compileJsonSchema(ORDER)({ cart_id: 1, extra: 2 }).ok).toBe(true);
  const closed = { ...ORDER, additionalProperties: false };
  expect(compileJsonSchema(closed)({ cart_id: 1, extra: 2 })).toEqual({
    ok: false,
    problems: [{ path: '$.extra', message: 'is not allowed: the schema knows no such property' }],
  });
});

test('fills defaults in on a copy and leaves the given value alone', () => {
  const given = { cart_id: 1 };
  expect(compileJsonSchema(ORDER)(given)).toEqual({
    ok: true,
    value: { cart_id: 1, express: false },
  });
  expect(given).toEqual({ cart_id: 1 });
});

test('coerces nothing', () => {
  expect(compileJsonSchema(ORDER)({ cart_id: '1' })).toEqual({
    ok: false,
    problems: [{ path: '$.cart_id', message: 'must be integer' }],
  });
});

test('reports every problem, with indexes and odd keys in the path', () => {
  const schema = { ...ORDER, properties: { ...ORDER.properties, 'a-b': { type: 'null' } } };
  const answer = compileJsonSchema(schema)({ cart_id: null, lines: [{}, { sku: 1 }], 'a-b': 0 });
  expect(answer.ok ? [] : answer.problems.map((problem) => problem.path)).toEqual([
    '$.cart_id',
    '$.lines[1].sku',
    '$["a-b"]',
  ]);
});

test('accepts everything without a schema', () => {
  expect(compileJsonSchema(null)([1, 'a', null])).toEqual({ ok: true, value: [1, 'a', null] });
});

test('checks formats', () => {
  expect(compileJsonSchema({ type: 'string', format: 'email' })('nobody').ok).toBe(false);
});

test('says where a schema is wrong', () => {
  expect(schemaFault(ORDER)).toBeNull();
  expect(schemaFault({ properties: { a: { type: 'intger' } } })?.path).toEqual([
    'properties',
    'a',
    'type',
  ]);
  expect(schemaFault({ propertes: {} })?.message).toContain('propertes');
});

test('never changes the schema that it compiles', () => {
  const schema = Object.freeze({
    type: 'object',
    properties: Object.freeze({ a: Object.freeze({ default: 1 }) }),
  });
  expect(compileJsonSchema(schema)({})).toEqual({ ok: true, value: { a: 1 } });
});

test.each([
  ['their own', { $id: 'https://example.com/s' }],
  ['that of a part', { $defs: { part: { $id: 'https://example.com/part', type: 'null' } } }],
  ['that of the schema of schemas', { $id: 'https://json-schema.org/draft/2020-12/schema' }],
])('two schemas with one $id, %s, do not meet', (_, named) => {
  const text = compileJsonSchema({ ...named, type: 'string' });
  const number = compileJsonSchema({ ...named, type: 'number' });
  expect([text('a').ok, number(1).ok, number('a').ok]).toEqual([true, true, false]);
  expect(schemaFault({ type: 'intger' })).not.toBeNull(); // the schema of schemas is still there
});

test('gives the same shape of answer for a Standard Schema, with what it transformed', async () => {
  const schema = z.object({ id: z.string().transform(Number), tags: z.array(z.string()) });
  expect(await validateStandard(schema, { id: '7', tags: [] })).toEqual({
    ok: true,
    value: { id: 7, tags: [] },
  });
  const answer = await validateStandard(schema, { id: '7', tags: ['a', 1] });
  expect(answer.ok ? [] : answer.problems.map((problem) => problem.path)).toEqual(['$.tags[1]']);
});
