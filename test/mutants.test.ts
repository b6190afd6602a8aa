import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ALL_MUTANTS } from './mutants/all-mutants.ts';
import { applyMutant, countAnchors, killerPattern, type Mutant } from './mutants/mutant.ts';
import { hasTest } from './mutants/titles.ts';
import { soundnessOf, verdictOf } from './mutants/verdict.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => {
  const whole = path.join(ROOT, file);
  return existsSync(whole) ? readFileSync(whole, 'utf8') : '';
};

test('every mutant has a name of its own', () => {
  const names = ALL_MUTANTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(40); // a list that is empty proves nothing
});

test('the code that each mutant changes is there, as often as it says', () => {
  const gone = ALL_MUTANTS.filter(
    (mutant) => countAnchors(mutant, read(mutant.file)) !== (mutant.times ?? 1),
  );
  expect(gone.map(({ name, file, find }) => `${name}: ${file} has no ${find}`)).toEqual([]);
});

test('each mutant changes something', () => {
  const idle = ALL_MUTANTS.filter(({ file, find, replace }) => {
    const text = read(file);
    const times = countAnchors({ find }, text);
    const changed = applyMutant({ file, find, replace, times, ...REST }, text);
    return times > 0 && changed.replaceAll(/\s/g, '') === text.replaceAll(/\s/g, '');
  });
  expect(idle.map(({ name }) => name)).toEqual([]);
});

test('the test that each mutant names is there', () => {
  const gone = ALL_MUTANTS.filter(({ killedBy }) => !hasTest(read(killedBy.file), killedBy));
  expect(gone.map(({ name, killedBy }) => `${name}: ${killedBy.file}: ${killedBy.title}`)).toEqual(
    [],
  );
});

const REST: Pick<Mutant, 'name' | 'killedBy'> = {
  name: 'one',
  killedBy: { file: 'test/one.test.ts', title: 'counts (row 1)', on: 'postgres' },
};

test('code is found whatever its line breaks and spaces, and nothing that only begins like it', () => {
  const mutant = { ...REST, file: 'a.ts', find: 'and s.attempts = f.attempts', replace: '' };
  expect(applyMutant(mutant, 'where x\n   and s.attempts=f.attempts ;')).toBe('where x\n    ;');
  expect(countAnchors(mutant, 'x\\nand\\n s.attempts = f.attempts')).toBe(1); // as in a generated file
  expect(countAnchors(mutant, 'ands.attempts = f.attempts')).toBe(0);
  expect(countAnchors(mutant, 'and s.attempts = f.attempts_before')).toBe(0);
  expect(() => applyMutant(mutant, 'where x')).toThrow('a.ts has 0 times, not 1 times');
});

test('what stands in the place is taken as it is', () => {
  const mutant = { ...REST, file: 'a.ts', find: 'one(', replace: '$& two(' };
  expect(applyMutant(mutant, 'one (1)')).toBe('$& two(1)');
});

test('a named test is told from others, on other databases and with longer names', () => {
  const pattern = new RegExp(killerPattern(REST.killedBy));
  expect(pattern.test('steps [postgres] counts (row 1)')).toBe(true);
  expect(pattern.test('steps [postgres] in a suite counts (row 1)')).toBe(true);
  expect(pattern.test('steps [pglite] counts (row 1)')).toBe(false);
  expect(pattern.test('steps [postgres] discounts (row 1)')).toBe(false);
  expect(pattern.test('steps [postgres] counts (row 1) twice')).toBe(false);
});

test('a test is found by its title, also in a table, and nothing else is a test', () => {
  const text = `test.each(ALL)('finds by $law that %s', () => {}); it('a'); test('one’s', f);`;
  expect(hasTest(text, { title: 'finds by width that x' })).toBe(true);
  expect(hasTest(text, { title: 'one’s' })).toBe(true);
  expect(hasTest(text, { title: 'one' })).toBe(false);
  expect(hasTest(text, { title: 'a' })).toBe(false);
});

test('only an assertion that fails kills a mutant', () => {
  const failed = (failure: string) =>
    verdictOf({ kind: 'ran', tests: [{ name: 'a', passed: false, failures: [failure] }] }).kind;
  expect(failed('AssertionError: expected 1 to be 2')).toBe('killed');
  expect(failed('Error: waited 10 s in vain until it ran')).toBe('killed');
  expect(failed('error: syntax error at or near "wher"')).toBe('spoilt');
  expect(failed('Error: Test timed out in 60000ms.')).toBe('spoilt');
  expect(failed('ReferenceError: x is not defined')).toBe('spoilt');
  const passed = { kind: 'ran', tests: [{ name: 'a', passed: true, failures: [] }] } as const;
  expect(verdictOf(passed).kind).toBe('survived');
  expect(verdictOf({ kind: 'broken', why: 'Transform failed' }).kind).toBe('spoilt');
});

test('a test that fails without a fault, or does not run, proves nothing', () => {
  const ran = (name: string, passed: boolean) =>
    soundnessOf({ kind: 'ran', tests: [{ name, passed, failures: [] }] }, REST.killedBy)?.kind;
  expect(ran('steps [postgres] counts (row 1)', true)).toBe(undefined);
  expect(ran('steps [postgres] counts (row 1)', false)).toBe('unsound');
  expect(ran('steps [postgres] another', true)).toBe('unsound');
  const broken = { kind: 'broken', why: 'no such test ran' } as const;
  expect(soundnessOf(broken, REST.killedBy)?.kind).toBe('unsound');
});
