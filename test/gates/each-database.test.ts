import { expect, test } from 'vitest';
import { describeOnEachDatabase } from '../support/each-database.ts';

describeOnEachDatabase('a suite on each database', (database) => {
  test('has a database that answers', async () => {
    const { rows } = await database.db().query({ text: 'select 6 * 7 as answer' });

    expect(rows).toEqual([{ answer: 42 }]);
    expect(database.db().kind).toBe(database.kind);
  });

  test('starts empty', async () => {
    const { rows } = await database.db().query({
      text: `select table_name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`,
    });

    expect(rows).toEqual([]);
  });
});
