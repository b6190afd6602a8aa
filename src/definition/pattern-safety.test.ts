import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patternFault } from './pattern-safety.ts';

const EXPONENTIAL = [
  '^(a|a)*$',
  '^(a+)+$',
  '^(a*)*$',
  '(a|aa)+$',
  '(x+x+)+y',
  '^([a-zA-Z0-9]+\\.?)+$',
  '^(\\w|\\d)+$',
  '(a|b|ab)*c',

  '^(\\S+\\s?)+$',
  '([a-z]{1,3}){10}',
  '(.*a){12}',
  '(?=(a+)+)b',
  '(a|aa){1,50}',
  '([^x]|[a-c])*x',
  '(\\u0061|a)*b',
];

test.each(EXPONENTIAL)('refuses the exponential pattern %s', (pattern) => {
  expect(patternFault(pattern)?.kind).toBe('unsafe');
});

const HARMLESS = [
  '^[a-z]+(-[a-z]+)*$',
  '^\\w+(\\.\\w+)*$',
  '^([a-z]+-)*[a-z]+$',
  '^[0-9a-f]{64}$',
  '^(\\d{3}){2}$',
  '^\\d{4}-\\d{2}-\\d{2}$',

  '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
  '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  '^\\p{L}+$',

  '^(\\d{1,3}\\.){3}\\d{1,3}$',
  '.{1,200}',
  '^[a-z]{1,100}(-[a-z]{1,100})*$',
  '(?<year>\\d{4})',
  '^(foo|bar|baz)$',
  'a|b',
  '',
];

test.each(HARMLESS)('lets the harmless pattern %s pass', (pattern) => {
  expect(patternFault(pattern)).toBeNull();
});

test.each(['.*.*.*x', 'a*a*a*b', '^.*a.*b.*$', '(\\w+\\s*){1,3}\\w*$'])(
  'refuses %s, which is cubic or worse',
  (pattern) => {
    expect(patternFault(pattern)?.message).toContain('cubic');
  },
);

test('refuses what is no pattern, refers back, or is too large to check', () => {
  expect(patternFault('(')?.kind).toBe('invalid');
  expect(patternFault('(a)\\1')?.kind).toBe('unsafe');
  expect(patternFault('a'.repeat(2_001))?.kind).toBe('unsafe');
  expect(patternFault('(a|b)'.repeat(100))?.message).toContain('too large');
});

test('every pattern that passes answers in time on texts made to be slow', () => {
  const letter = fc.constantFrom('a', 'b', '.', '[ab]', '\\w', '\\d');
  const sign = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}');
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.tuple(letter, sign).map(([body, count]) => body + count),
      fc.tuple(tie('pattern'), sign).map(([body, count]) => `(${body})${count}`),
    ),
    pattern: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      fc.tuple(tie('part'), tie('part')).map(([left, right]) => `${left}|${right}`),
    ),
  }));
  // Short enough for two repetitions in a row, long enough to show what doubles with every letter.
  const attacks = [
    `${'a'.repeat(26)}!`,
    `${'ab'.repeat(13)}!`,
    `${'a'.repeat(13)}${'b'.repeat(13)}!`,
  ];
  let passed = 0;
  // fast-check prints the seed and the smallest failing pattern
  fc.assert(
    fc.property(pattern, (text) => {
      const source = `^(?:${text})$`;
      if (patternFault(source) !== null) return;
      passed += 1;
      const expression = new RegExp(source, 'u');
      const start = performance.now();
      for (const attack of attacks) expression.test(attack);
      expect(performance.now() - start).toBeLessThan(500);
    }),
    { numRuns: 1_500, endOnFailure: true },
  );
  expect(passed).toBeGreaterThan(100); // a check that refuses everything proves nothing
});
