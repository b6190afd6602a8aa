import type { Killer } from './mutant.ts';

/** A test of a suite that runs on both databases, or on PostgreSQL alone; `file` without `test/` and `.test.ts`. */
export function onPostgres(file: string, title: string): Killer {
  return { file: `test/${file}.test.ts`, title, on: 'postgres' };
}

/** The same where the embedded database shows it better: its heartbeat has no thread that a stop waits for. */
export function onPglite(file: string, title: string): Killer {
  return { ...onPostgres(file, title), on: 'pglite' };
}

/** A test that needs no database; `file` without `.test.ts`. */
export function alone(file: string, title: string): Killer {
  return { file: `${file}.test.ts`, title };
}
