import { expect, test } from 'vitest';
import { createStyle, fit, oneLine, pad, printable, textWidth } from './text.ts';

test('a line cannot take the terminal over', () => {
  expect(oneLine('a\u001B[2Jb\u0007')).toBe('a\\u001B[2Jb\\u0007');
  expect(oneLine('first\r\n  second\nthird')).toBe('first second third');
  expect(oneLine('user\u202Etxt.exe')).toBe('user\\u202Etxt.exe');
});

test('a block keeps its lines and loses its control characters', () => {
  expect(printable('one\n\ttwo\u001B[31m\r\nthree')).toBe('one\n\ttwo\\u001B[31m\nthree');
});

test('width counts wide characters twice, marks and colours not at all', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('日本')).toBe(4);
  expect(textWidth('🚀')).toBe(2);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth(createStyle(true).bad('abc'))).toBe(3);
});

test('a cut text fits its columns', () => {
  expect(fit('abcdef', 6)).toBe('abcdef');
  expect(fit('abcdef', 4)).toBe('abc…');
  expect(fit('日本語', 4)).toBe('日…');
  expect(fit('abc', 0)).toBe('');
});

test('padding counts columns, not characters', () => {
  expect(pad('日', 4)).toBe('日  ');
});

test('without colours a style changes nothing', () => {
  expect(createStyle(false).bad('x')).toBe('x');
  expect(createStyle(true).bad('x')).toBe('\u001B[31mx\u001B[0m');
});
