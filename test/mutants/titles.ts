import { parseAst } from 'vitest/node';
import type { Killer } from './mutant.ts';

/** What a title of a table stands for: `$law`, `%s`. */
const PLACEHOLDER = /\\\$[\w.]+|%[sdifjoO#%$]/g;

/** True when a file of tests has a test of this title, or a table of tests that can make it. */
export function hasTest(text: string, { title }: Pick<Killer, 'title'>): boolean {
  return titlesOf(text).some((found) => {
    const exact = found.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
    return new RegExp(`^${exact.replaceAll(PLACEHOLDER, '[^]+')}$`).test(title);
  });
}

/** The texts that are the first argument of a call of `test`, `test.each(…)` and the like. */
function titlesOf(text: string): readonly string[] {
  const titles: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const title = titleOf(value);
    if (title !== null) titles.push(title);
    for (const child of Object.values(value)) walk(child);
  };
  walk(parseAst(text, { lang: 'ts' }));
  return titles;
}

function titleOf(node: object): string | null {
  if (!('type' in node) || node.type !== 'CallExpression') return null;
  const [callee, given] = [Reflect.get(node, 'callee'), Reflect.get(node, 'arguments')];
  if (!isTest(callee) || !Array.isArray(given)) return null;
  const value: unknown = Reflect.get(Object(given[0]), 'value');
  return typeof value === 'string' ? value : null;
}

/** `test`, `test.each(…)`, `test.skipIf(…)`. */
function isTest(callee: unknown): boolean {
  if (typeof callee !== 'object' || callee === null) return false;
  if (Reflect.get(callee, 'name') === 'test') return true;
  return isTest(Reflect.get(callee, 'object')) || isTest(Reflect.get(callee, 'callee'));
}
