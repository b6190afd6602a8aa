import { checkServer } from './db/check-server.ts';
import type { Db } from './db/db.ts';
import type { DatabaseOptions } from './config/options.ts';
import { TaskerError } from './kernel/errors.ts';

/** An open database and how to call it in front of people. */
export interface OpenedDatabase {
  readonly db: Db;
  readonly shown: string;
}

/**
 * Opens what the options name. The drivers are loaded only when they are needed: the embedded database alone is 27 MB.
 * @throws DATABASE_LOCKED, DATABASE_TOO_OLD, DATABASE_READ_ONLY, DATABASE_UNAVAILABLE, INVALID_OPTION
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenedDatabase> {
  if (typeof options === 'object' && 'embedded' in options) {
    const { connectPglite } = await import('./db/pglite.ts');
    const { directory } = options.embedded;
    const shown =
      directory === null ? 'embedded PostgreSQL in memory' : `embedded PostgreSQL in ${directory}`;
    return { db: await connectPglite({ directory }), shown };
  }
  const { connectPg } = await import('./db/pg.ts');
  const db = connectPg(
    typeof options === 'string'
      ? { connectionString: checkUrl(options), max: 12 }
      : { pool: options.pool },
  );
  try {
    await checkServer(db);
  } catch (error) {
    await db.close();
    throw error;
  }
  return {
    db,
    shown:
      typeof options === 'string' ? withoutSecrets(options) : "PostgreSQL through the host's pool",
  };
}

function checkUrl(text: string): string {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new TaskerError('INVALID_OPTION', {
    option: 'database',
    problem: 'must be an address such as postgres://user:password@host:5432/name',
  });
}

function withoutSecrets(text: string): string {
  const url = new URL(text);
  return `PostgreSQL at ${url.hostname}${url.port === '' ? '' : `:${url.port}`}${url.pathname}`;
}
