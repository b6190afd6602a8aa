import { connectPglite } from '../../src/db/pglite.ts';
import { describeDb } from './db.suite.ts';

describeDb({
  kind: 'pglite',
  open: async () => {
    const db = await connectPglite({ directory: null });
    return { db, close: () => db.close() };
  },
});
