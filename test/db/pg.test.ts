import { connectPg } from '../../src/db/pg.ts';
import { freshDatabase } from '../support/postgres.ts';
import { describeDb } from './db.suite.ts';

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
