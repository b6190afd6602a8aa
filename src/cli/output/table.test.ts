import { expect, test } from 'vitest';
import { table } from './table.ts';
import { createStyle, textWidth } from './text.ts';

interface Fruit {
  readonly name: string;
  readonly note: string;
}

const COLUMNS = [
  { title: 'NAME', cell: (fruit: Fruit) => fruit.name },
  { title: 'NOTE', cell: (fruit: Fruit) => fruit.note },
];
const ROWS: readonly Fruit[] = [
  { name: 'fig', note: 'sweet' },
  { name: 'pomegranate', note: 'a note that is much too long for a narrow terminal' },
];
const style = createStyle(false);

test('columns are aligned on a terminal and the last one is cut to its width', () => {
  const lines = table(COLUMNS, ROWS, { width: 40, style }).split('\n');
  expect(lines).toEqual([
    'NAME         NOTE',
    'fig          sweet',
    'pomegranate  a note that is much too lo…',
  ]);
  expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(40);
});

test('a pipe gets tabs and nothing is cut', () => {
  expect(table(COLUMNS, ROWS, { width: null, style })).toBe(
    'NAME\tNOTE\nfig\tsweet\npomegranate\ta note that is much too long for a narrow terminal',
  );
});

test('a cell cannot add a row or a column', () => {
  const rows = [{ name: 'a\tb', note: 'c\nd' }];
  expect(table(COLUMNS, rows, { width: null, style })).toBe('NAME\tNOTE\na\\u0009b\tc d');
});
