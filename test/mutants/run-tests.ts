import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { killerPattern, type Killer } from './mutant.ts';

/** One test that ran. */
export interface TestOutcome {
  readonly name: string;
  readonly passed: boolean;
  /** The first line of each failure. */
  readonly failures: readonly string[];
}

/** What came of a file of tests: outcomes of those that were asked for, or why there are none. */
export type FileOutcome =
  | { readonly kind: 'ran'; readonly tests: readonly TestOutcome[] }
  /** The file could not be loaded, its set-up failed, or vitest said nothing within the time. */
  | { readonly kind: 'broken'; readonly why: string };

/** A run takes seconds; this one hangs. */
const LONGEST_MS = 150_000;

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Where tests run. */
export interface TestPlace {
  /** The copy of the checkout. */
  readonly root: string;
  /** Of a PostgreSQL server. */
  readonly databaseUrl: string;
  /** Ends what runs. */
  readonly signal: AbortSignal;
}

/** Runs some tests of one file. @throws AbortError when the signal ends it */
export async function runTests(
  { root, databaseUrl, signal }: TestPlace,
  killers: readonly Killer[],
): Promise<FileOutcome> {
  const patterns = killers.map((killer) => killerPattern(killer));
  const pattern = patterns.map((one) => `(${one})`).join('|');
  const answer = path.join(root, 'mutants-answer.json');
  rmSync(answer, { force: true });
  const child = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      killers[0]?.file ?? '',
      `--testNamePattern=${pattern}`,
      '--maxWorkers=1',
      '--experimental.fsModuleCache', // what is not changed is compiled once for all runs
      `--experimental.fsModuleCachePath=${path.join(root, '.compiled')}`,
      '--reporter=json',
      `--outputFile=${answer}`,
    ],
    {
      cwd: root,
      stdio: 'ignore',
      timeout: LONGEST_MS,
      signal,
      env: { ...process.env, TEST_DATABASE_URL: databaseUrl },
    },
  );
  await once(child, 'exit');
  const report = readReport(answer);
  if (report === null)
    return { kind: 'broken', why: child.signalCode === null ? 'no report' : 'it hangs' };
  const wanted = new RegExp(pattern);
  const tests = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ fullName, status }) => wanted.test(fullName) && /passed|failed/.test(status))
    .map(({ fullName, status, failureMessages = [] }) => ({
      name: fullName,
      passed: status === 'passed',
      failures: failureMessages.map((message) => message.split('\n    at ')[0]?.trim() ?? ''),
    }));
  if (tests.length > 0) return { kind: 'ran', tests };
  const why = report.testResults.map((file) => file.message.split('\n')[0] ?? '').join(' ');
  return { kind: 'broken', why: why === '' ? 'no such test ran' : why };
}

function readReport(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report; // sound: the reporter's own format
  } catch {
    return null; // vitest ended before it wrote one
  }
}
