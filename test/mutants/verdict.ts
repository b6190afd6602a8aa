import { killerPattern, type Killer } from './mutant.ts';
import type { FileOutcome } from './run-tests.ts';

/** What came of a mutant. Only `killed` is well. */
export interface Verdict {
  readonly kind:
    | 'killed'
    /** The test passed: nobody would have noticed the fault. */
    | 'survived'
    /** The test failed for another reason than the fault's effect: the code does not run, a statement cannot be parsed, it hangs. */
    | 'spoilt'
    /** Without the fault the test fails, or is not there. */
    | 'unsound'
    /** The code that the mutant changes is not there (any more). */
    | 'anchor gone';
  readonly why: string;
}

/** How tests say that something is not as it must be: expectations, the laws of the data, waiting in vain, properties with a counterexample. */
const ASSERTIONS = [
  /AssertionError/,
  /^TypeError: \.to\w+\(\) expects to receive/, // an expectation about text that finds none
  /laws of the data are broken/,
  /waited 10 s in vain/,
  /the second session (got through without waiting|waits for a lock)/,
  /expected one element, found/,
  /Property failed after/,
  /promise (resolved|rejected) .* instead of/,
  /had not finished after/,
  // the schema itself refuses what the mutant would store
  /violates (unique|check|not-null|foreign key) constraint/,
];

export function verdictOf(outcome: FileOutcome): Verdict {
  if (outcome.kind === 'broken') return { kind: 'spoilt', why: outcome.why };
  const failures = outcome.tests.flatMap((test) => (test.passed ? [] : test.failures));
  if (outcome.tests.every((test) => test.passed))
    return { kind: 'survived', why: 'the test passes all the same' };
  const assertion = failures.find((failure) => ASSERTIONS.some((each) => each.test(failure)));
  return assertion === undefined
    ? { kind: 'spoilt', why: oneLine(failures[0] ?? 'failed without a message') }
    : { kind: 'killed', why: oneLine(assertion) };
}

/** What is wrong with a test although there is no fault; null when nothing is. */
export function soundnessOf(outcome: FileOutcome, killer: Killer): Verdict | null {
  if (outcome.kind === 'broken') return { kind: 'unsound', why: outcome.why };
  const pattern = new RegExp(killerPattern(killer));
  const tests = outcome.tests.filter(({ name }) => pattern.test(name));
  if (tests.length === 0) return { kind: 'unsound', why: `it is not in ${killer.file}` };
  const failed = tests.find((test) => !test.passed);
  return failed === undefined
    ? null
    : { kind: 'unsound', why: oneLine(`it fails: ${failed.failures[0] ?? ''}`) };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 110 ? `${line.slice(0, 109)}…` : line;
}
