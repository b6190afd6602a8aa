import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTaskerError } from '../../kernel/errors.ts';
import { parseJsonText } from './json-text.ts';

/** The code of the refusal, or the value. */
function outcome(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (isTaskerError(error)) return error.code;
    throw error;
  }
}

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}|e[+-]\d/.test(text)); // numbers on the edge have their own test
      expect(parseJsonText(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('a whole number is kept exactly or refused', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), (number) => {
      const read = outcome(`{"n":${number}}`);
      if (read === 'UNSTORABLE_VALUE') return;
      expect(BigInt((read as { n: number }).n)).toBe(number); // sound: it was accepted
    }),
  );
});

test('other text is refused, and what it says is not repeated', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseJsonText(`${text}{canary-secret`);
        throw new Error('it was read');
      } catch (error) {
        expect(isTaskerError(error)).toBe(true);
        expect(String(error)).not.toContain('canary-secret');
      }
    }),
  );
});

describe('nesting', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  test('of 100 levels is read, of 101 refused', () => {
    expect(outcome(nested(100))).toBeInstanceOf(Array);
    expect(outcome(nested(101))).toBe('UNSTORABLE_VALUE');
  });

  test('inside a text is only text', () => {
    expect(outcome(JSON.stringify(nested(500)))).toBe(nested(500));
    expect(outcome(JSON.stringify(`\\"${nested(500)}`))).toBe(`\\"${nested(500)}`);
  });
});

// Each took or would take minutes with a scanner that tries again from every place.
test.each<[string, string, string]>([
  ['a text of quotes that never ends', `"${'\\"'.repeat(500_000)}`, 'MALFORMED_BODY'],
  ['a text of backslashes that never ends', `"${'\\'.repeat(999_999)}`, 'MALFORMED_BODY'],
  ['a million quotes', '"'.repeat(1_000_001), 'MALFORMED_BODY'],
  ['a million digits', '1'.repeat(1_000_000), 'UNSTORABLE_VALUE'],
  ['a million signs', '-'.repeat(1_000_000), 'MALFORMED_BODY'],
  ['half a million brackets', '['.repeat(500_000), 'UNSTORABLE_VALUE'],
])('%s is refused in no time', (_, text, code) => {
  const begin = performance.now();

  expect(outcome(text)).toBe(code);

  expect(performance.now() - begin).toBeLessThan(2_000);
});
