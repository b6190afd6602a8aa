import { expect, test } from 'vitest';
import { contextFrom } from './context-argument.ts';

test.each([
  ['cart_id=123', { cart_id: 123 }],
  ['flag=true', { flag: true }],
  ['nothing=null', { nothing: null }],
  ['quoted="x"', { quoted: 'x' }],
  ['text=abc', { text: 'abc' }],
  ['zip=01234', { zip: '01234' }],
  ['empty=', { empty: '' }],
  ['formula=a=b', { formula: 'a=b' }],
  ['list=[1,2]', { list: [1, 2] }],
  ['object={"a":1}', { object: { a: 1 } }],
  ['address.city=Bern', { address: { city: 'Bern' } }],
])('%s', (pair, expected) => {
  expect(contextFrom(undefined, [pair])).toEqual(expected);
});

test('dotted keys share their objects, also those given as JSON', () => {
  const pairs = ['a={"x":1}', 'a.y=2', 'b.c.d=3', 'b.c.e=4'];
  expect(contextFrom(undefined, pairs)).toEqual({ a: { x: 1, y: 2 }, b: { c: { d: 3, e: 4 } } });
});

test('pairs add to the object of --context without changing it', () => {
  const base = { a: { x: 1 } };
  expect(contextFrom(base, ['a.y=2'])).toEqual({ a: { x: 1, y: 2 } });
  expect(base).toEqual({ a: { x: 1 } });
});

test.each([
  [['a=1', 'a=2'], 'given twice'],
  [['a=1', 'a.b=2'], 'conflicts'],
  [['a.b=2', 'a=1'], 'given twice'],
  [['a=[1]', 'a.b=2'], 'conflicts'],
  [['=1'], 'key=value'],
  [['novalue'], 'key=value'],
  [['a..b=1'], 'empty part'],
  [['.a=1'], 'empty part'],
  [['__proto__.polluted=1'], 'not allowed'],
  [['a.__proto__=1'], 'not allowed'],
])('%j is refused', (pairs, problem) => {
  expect(() => contextFrom(undefined, pairs)).toThrow(problem);
});

test('no key reaches a prototype', () => {
  const context = contextFrom(undefined, ['constructor.prototype.polluted=1', 'toString=2']);
  expect(context).toEqual({ constructor: { prototype: { polluted: 1 } }, toString: 2 });
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('a --context that is no object is refused', () => {
  expect(() => contextFrom([1], [])).toThrow('must be a JSON object');
});
