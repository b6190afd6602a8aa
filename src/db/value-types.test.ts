import { expect, test } from 'vitest';

import { arrayDecoder, asText, builtInDecoder, encodeValue } from './value-types.ts';

const texts = arrayDecoder(asText);

test('an array of plain words is split at its commas', () => {
  expect(texts('{a,b,c}')).toEqual(['a', 'b', 'c']);
  expect(texts('{}')).toEqual([]);
});

test('quotes, escapes, commas, braces and nulls inside an array survive', () => {
  const list = ['a,b', '"', '\\', '{x}', '', 'NULL', null, ' ', '\n', 'é'];
  expect(texts(encodeValue(list) as string)).toEqual(list); // sound: an array is encoded as text
});

test('a bare NULL is null and a quoted one is text', () => {
  expect(texts('{NULL,"NULL"}')).toEqual([null, 'NULL']);
});

test('nested arrays come back nested', () => {
  expect(builtInDecoder(1007)('{{1,2},{3,4}}')).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('array bounds are not part of the elements', () => {
  expect(builtInDecoder(1007)('[2:3]={7,8}')).toEqual([7, 8]);
});

test('an array that does not end is refused', () => {
  expect(() => texts('{"a",b')).toThrow(/is no array/);
});

test('an int8 beyond 2^53 is refused, alone and in an array', () => {
  expect(builtInDecoder(20)('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => builtInDecoder(20)('9007199254740993')).toThrow(/beyond 2\^53/);
  expect(() => builtInDecoder(1016)('{1,9007199254740993}')).toThrow(/beyond 2\^53/);
});

test('a timestamptz is read with every kind of offset', () => {
  const read = builtInDecoder(1184);
  expect(read('2026-11-24 05:06:07.123456+00')).toEqual(new Date('2026-11-24T05:06:07.123Z'));
  expect(read('2026-11-24 05:06:07-08')).toEqual(new Date('2026-11-24T13:06:07Z'));
  expect(read('2026-11-24 05:06:07+05:30')).toEqual(new Date('2026-11-23T23:36:07Z'));
  expect(read('12026-11-24 05:06:07+00')).toEqual(new Date('+012026-11-24T05:06:07Z'));
});

test('a moment in another format is refused instead of becoming an invalid date', () => {
  expect(() => builtInDecoder(1184)('infinity')).toThrow(/no moment/);
  expect(() => builtInDecoder(1184)('24.11.2026 05:06:07 CET')).toThrow(/no moment/);
});

test('a Date is bound as UTC and bytes stay bytes', () => {
  expect(encodeValue(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  expect(encodeValue(new Uint8Array([1, 2]))).toEqual(Buffer.from([1, 2]));
});

test('an object is refused as a bound value, because it would be a guess how to write it', () => {
  expect(() => encodeValue({ a: 1 })).toThrow(/JSON text/);
});
