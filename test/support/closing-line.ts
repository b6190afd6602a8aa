import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { isCi } from './ci.ts';

/** What a test ran on: the word `postgres`, `PostgreSQL` or `PGlite` in the name of a suite around it, or a tag in its own name. */
type Place = 'postgres' | 'pglite' | 'neither';

/** One finished test, as far as the closing line is concerned. */
export interface Outcome {
  /** The names of the suites around it, outermost first. */
  readonly suite: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
}

/** Names of what was tested on, for the closing line. `postgres: null` = there was no server. */
export interface Versions {
  readonly postgres: string | null;
  readonly pglite: string | null;
}

/**
 * The one line that says what was tested on what:
 * `tests: 412 passed · PostgreSQL 15.18: 187 · PGlite 18.6: 187 · neither: 38 · 0 failed`.
 */
export function closingLine(outcomes: readonly Outcome[], versions: Versions): string {
  const passed = outcomes.filter((outcome) => outcome.state === 'passed');
  const count = (place: Place): number =>
    passed.filter((outcome) => placeOf(outcome) === place).length;
  const failed = outcomes.filter((outcome) => outcome.state === 'failed').length;
  const skipped = outcomes.length - passed.length - failed;
  const parts = [
    `tests: ${passed.length} passed`,
    `PostgreSQL${versions.postgres === null ? '' : ` ${versions.postgres}`}: ${count('postgres')}`,
    `PGlite${versions.pglite === null ? '' : ` ${versions.pglite}`}: ${count('pglite')}`,
    `neither: ${count('neither')}`,
    `${failed} failed`,
  ];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const withoutServer = skippedOnPostgres(outcomes);
  if (withoutServer > 0)
    parts.push(
      `${withoutServer} of them need PostgreSQL${versions.postgres === null ? ' (no server found)' : ''}`,
    );
  return parts.join(' · ');
}

/** How many tests on PostgreSQL did not run. */
export function skippedOnPostgres(outcomes: readonly Outcome[]): number {
  return outcomes.filter(
    (outcome) => outcome.state === 'skipped' && placeOf(outcome) === 'postgres',
  ).length;
}

function placeOf({ suite, name }: Outcome): Place {
  const found =
    /\b(postgres|pglite)/i.exec(suite) ??
    /\[(postgres|pglite)\]|\bon (postgres|pglite)/i.exec(name);
  if (found === null) return 'neither';
  return found[0].toLowerCase().includes('pglite') ? 'pglite' : 'postgres';
}

/** Prints the closing line after everything else; with CI=true a skipped test on PostgreSQL fails the run. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const outcomes = modules.flatMap((module) => [...module.children.allTests()].map(toOutcome));
    const pglite = modules
      .map((module) => module.meta().pglite)
      .find((version) => version !== undefined);
    const versions = {
      postgres: process.env['TASKER_TEST_POSTGRES_VERSION'] ?? null,
      pglite: pglite ?? null,
    };
    const line = closingLine(outcomes, versions);
    // The default reporter prints its summary in this same round of callbacks.
    process.once('exit', () => process.stdout.write(`${line}\n`));
    if (isCi() && skippedOnPostgres(outcomes) > 0) {
      process.stderr.write(
        'CI=true: tests on PostgreSQL were skipped, so this run does not count\n',
      );
      process.exitCode = 1;
    }
  }
}

function toOutcome(test: TestCase): Outcome {
  const suite = test.parent.type === 'suite' ? test.parent.fullName : '';
  return { suite, name: test.name, state: test.result().state };
}

declare module 'vitest' {
  interface TaskMeta {
    /** PostgreSQL version of the PGlite that the tests of a file ran on. */
    pglite?: string;
  }
}
