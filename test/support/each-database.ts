import { describe } from 'vitest';
import { postgresUrl } from './postgres.ts';

/** A suite that needs a PostgreSQL server: skipped, and counted as skipped, where there is none. */
export function describeOnPostgres(name: string, body: () => void): void {
  describe.skipIf(postgresUrl() === undefined)(`${name} [postgres]`, body);
}
