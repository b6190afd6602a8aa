import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { figuresTable, readResults, withFigures } from '../../chaos/docs.mjs';

const PAGE = path.resolve(import.meta.dirname, '../../docs/guarantees.md');

test('the page of guarantees shows the figures of the recorded runs', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withFigures(page, readResults())).toBe(page);
});

test('no recorded run broke a promise', () => {
  expect(readResults().map(({ ok }) => ok)).not.toContain(false);
});

test('the table shows what a run found, and a dash for what it did not look at', () => {
  const table = figuresTable([
    { profile: 'fast', lost: 0, tasks: 1_234, steps: 20_000, recovery_p50_ms: 1_250 },
  ]);
  const cells = (title: string): string | undefined =>
    table
      .split('\n')
      .find((line) => line.includes(title))
      ?.split('|')[2]
      ?.trim();
  expect(cells('acknowledged tasks lost')).toBe('**0**');
  expect(cells('tasks, steps')).toBe('1,234, 20,000');
  expect(cells('the next claim')).toBe('–');
  expect(cells('embedded database')).toBe('–');
});

test('the table goes between the marks, and nothing else of the page changes', () => {
  const page = 'before\n\n<!-- figures of npm run chaos: begin -->\nold\n<!-- end -->\n\nafter\n';
  const filled = withFigures(page, [{ profile: 'ci', lost: 0 }]);
  expect(filled.startsWith('before\n\n<!-- figures of npm run chaos: begin -->\n\n|')).toBe(true);
  expect(filled.endsWith('|\n\n<!-- end -->\n\nafter\n')).toBe(true);
  expect(withFigures(filled, [])).toContain('No run is recorded.');
});

test('a page without the marks is refused', () => {
  expect(() => withFigures('# a page', [])).toThrow('the page lacks');
});
