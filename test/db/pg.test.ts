import { describe } from 'vitest';

import { connectPg } from '../../src/db/pg.ts';
import { freshDatabase, postgresUrl } from '../support/postgres.ts';
import { describeDb } from './db.suite.ts';

describe.skipIf(postgresUrl() === undefined)('PostgreSQL through pg', () => {
  describeDb({
    kind: 'postgres',
    open: async () => {
      const { url, drop } = await freshDatabase();
      const db = connectPg({ connectionString: url });
      return {
        db,
        close: async () => {
          await db.close();
          await drop();
        },
      };
    },
  });
});
