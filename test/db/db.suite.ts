import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Db } from '../../src/db/db.ts';

/** What every kind of `Db` must do. `open` gives a database of its own; `close` removes it. */
export interface DbUnderTest {
  readonly kind: Db['kind'];
  readonly open: () => Promise<{ readonly db: Db; readonly close: () => Promise<void> }>;
}

/** The conformance suite: rows of the same shape, the same errors, the same transactions, whoever answers. */
export function describeDb({ kind, open }: DbUnderTest): void {
  describe(`a database [${kind}]`, () => {
    let db: Db;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ db, close } = await open());
      await db.script(`
        create type colour as enum ('red', 'dark blue');
        create table item (id bigint primary key, name text);
      `);
    }, 60_000);
    beforeEach(() => db.script('truncate item'));
    afterAll(() => close());

    const one = async (text: string, values: readonly unknown[] = []): Promise<unknown> => {
      const { rows } = await db.query({ text, values });
      return rows[0]?.['value'];
    };
    const names = async (): Promise<unknown> => {
      const { rows } = await db.query({ text: 'select name from item order by id' });
      return rows.map((row) => row['name']);
    };

    test.for<[string, unknown]>([
      ['9007199254740991::int8', 9_007_199_254_740_991],
      ['-1::int2', -1],
      ['1.5::float8', 1.5],
      ["'NaN'::float8", Number.NaN],
      ['1.10::numeric', '1.10'],
      ['true', true],
      ['null::int8', null],
      ["'x'::text", 'x'],
      ["''::text", ''],
      ['array[1, 2]::int8[]', [1, 2]],
      ["array['a', 'b c', null, 'NULL', '\"']::text[]", ['a', 'b c', null, 'NULL', '"']],
      ["'{}'::text[]", []],
      [
        'array[[1,2],[3,4]]::int4[]',
        [
          [1, 2],
          [3, 4],
        ],
      ],
      ['array[true, false]', [true, false]],
      ['\'{"a": [1, null, "é"]}\'::jsonb', { a: [1, null, 'é'] }],
      ["'null'::jsonb", null],
      ["'[1]'::json", [1]],
      ['array[\'{"a":1}\']::jsonb[]', [{ a: 1 }]],
      ["'dark blue'::colour", 'dark blue'],
      ["array['red', 'dark blue']::colour[]", ['red', 'dark blue']],
      ["'\\x00ff'::bytea", Buffer.from([0, 255])],
      ["'2026-11-24 05:06:07.089+02'::timestamptz", new Date('2026-11-24T03:06:07.089Z')],
      ["'2026-11-24 05:06:07'::timestamp", new Date('2026-11-24T05:06:07Z')],
      ["'2026-11-24'::date", new Date('2026-11-24T00:00:00Z')],
      ["'5b0ce1b8-3c0c-4c7b-9a3d-1f0f3a1f0c11'::uuid", '5b0ce1b8-3c0c-4c7b-9a3d-1f0f3a1f0c11'],
      ["interval '1 day 02:00:00'", '1 day 02:00:00'],
    ])('answers %s in the agreed shape', async ([expression, expected]) => {
      expect(await one(`select ${expression} as value`)).toEqual(expected);
    });

    test.for<[string, unknown, unknown]>([
      ['int8', 9_007_199_254_740_991, 9_007_199_254_740_991],
      ['int8[]', [1, -2], [1, -2]],
      ['text[]', ['a,b', '"', '\\', null, ''], ['a,b', '"', '\\', null, '']],
      ['colour[]', ['dark blue', 'red'], ['dark blue', 'red']],
      ['timestamptz', new Date('2026-11-24T05:06:07.089Z'), new Date('2026-11-24T05:06:07.089Z')],
      ['timestamptz[]', [new Date(0)], [new Date(0)]],
      ['jsonb', '[{"a":1}]', [{ a: 1 }]],
      ['bytea', Buffer.from([1, 0, 255]), Buffer.from([1, 0, 255])],
      ['bool', false, false],
      ['text', null, null],
      ['float8', 0.1, 0.1],
    ])('takes a bound %s and gives it back', async ([type, value, expected]) => {
      expect(await one(`select $1::${type} as value`, [value])).toEqual(expected);
    });

    test('an int8 that JavaScript cannot hold is a fault, not another number', async () => {
      await expect(one('select 9007199254740993::int8 as value')).rejects.toMatchObject({
        code: 'DATABASE_FAULT',
      });
      await expect(one('select array[9007199254740993]::int8[] as value')).rejects.toMatchObject({
        code: 'DATABASE_FAULT',
      });
    });

    test('the row count is that of the command tag', async () => {
      const insert = await db.query({
        text: "insert into item select n, 'x' from generate_series(1, 3) n",
      });
      const update = await db.query({
        text: 'update item set name = name where id > $1',
        values: [1],
      });
      const select = await db.query({ text: 'select id from item' });
      const nothing = await db.query({ text: 'delete from item where id = 99' });
      expect([insert.rowCount, update.rowCount, select.rowCount, nothing.rowCount]).toEqual([
        3, 2, 3, 0,
      ]);
    });

    test('a statement without a command is a fault', async () => {
      await expect(db.query({ text: '' })).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
      expect(await one('select 1 as value')).toBe(1);
    });

    test('a named statement may be run many times, and again after the table changed', async () => {
      await db.script('create table changing (id int)');
      await db.query({ text: 'insert into changing values (1)' });
      const statement = {
        name: 'changing',
        text: 'select * from changing where id = $1',
        values: [1],
      };
      expect((await db.query(statement)).rows).toEqual([{ id: 1 }]);
      expect((await db.query(statement)).rows).toEqual([{ id: 1 }]);
      await db.script("alter table changing add column name text default 'n'");
      expect((await db.query(statement)).rows).toEqual([{ id: 1, name: 'n' }]);
    });

    test('an error keeps its code, constraint and table', async () => {
      await db.query({ text: "insert into item values (1, 'first')" });
      await expect(
        db.query({ text: "insert into item values (1, 'second')" }),
      ).rejects.toMatchObject({
        code: '23505',
        constraint: 'item_pkey',
        table: 'item',
      });
      expect(await names()).toEqual(['first']);
    });

    test('a transaction commits what its work did and answers its value', async () => {
      const value = await db.transaction(async (tx) => {
        await tx.query({ text: "insert into item values (1, 'a')" });
        await tx.script("insert into item values (2, 'b'); insert into item values (3, 'c')");
        return 'done';
      });
      expect(value).toBe('done');
      expect(await names()).toEqual(['a', 'b', 'c']);
    });

    test('a transaction answers statements that were asked for at once in their order', async () => {
      const answers = await db.transaction((tx) =>
        Promise.all(
          Array.from({ length: 5 }, (_, n) =>
            tx.query({ text: 'select $1::int4 as n', values: [n] }),
          ),
        ),
      );
      expect(answers.map(({ rows }) => rows)).toEqual([0, 1, 2, 3, 4].map((n) => [{ n }]));
    });

    test('a transaction whose work throws leaves nothing behind', async () => {
      const work = db.transaction(async (tx) => {
        await tx.query({ text: "insert into item values (1, 'a')" });
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      expect(await names()).toEqual([]);
    });

    test('a transaction that swallowed an error is not taken for committed', async () => {
      const work = db.transaction(async (tx) => {
        await tx.query({ text: "insert into item values (1, 'a')" });
        await tx.query({ text: 'select 1/0' }).catch(() => undefined);
      });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_FAULT' });
      expect(await names()).toEqual([]);
    });

    test('a transaction cannot be used after its end', async () => {
      const tx = await db.transaction((open_) => Promise.resolve(open_));
      await expect(tx.query({ text: 'select 1' })).rejects.toMatchObject({
        code: 'DATABASE_FAULT',
      });
    });

    test('statements of others stay out of an open transaction', async () => {
      const others: Promise<unknown>[] = [];
      const work = db.transaction(async (tx) => {
        others.push(db.query({ text: "insert into item values (2, 'other')" }));
        await tx.query({ text: "insert into item values (1, 'mine')" });
        throw new Error('undo');
      });
      await expect(work).rejects.toThrow('undo');
      await Promise.all(others);
      expect(await names()).toEqual(['other']);
    });

    test('work that meets a serialization failure is done again', async () => {
      let runs = 0;
      await db.transaction(async (tx) => {
        runs += 1;
        await tx.query({ text: "insert into item values (1, 'a')" });
        if (runs < 3)
          await tx.script("do $$ begin raise exception 'again' using errcode = '40001'; end $$");
      });
      expect(runs).toBe(3);
      expect(await names()).toEqual(['a']);
    });

    test('work that never gets through is given up after five repetitions', async () => {
      let runs = 0;
      const work = db.transaction(async (tx) => {
        runs += 1;
        await tx.script("do $$ begin raise exception 'again' using errcode = '40P01'; end $$");
      });
      await expect(work).rejects.toMatchObject({ code: '40P01' });
      expect(runs).toBe(6);
    });

    test('a hundred concurrent transactions all commit', async () => {
      await Promise.all(
        Array.from({ length: 100 }, (_, id) =>
          db.transaction(async (tx) => {
            await tx.query({
              name: 'insert_item',
              text: 'insert into item values ($1, $2)',
              values: [id, 'x'],
            });
          }),
        ),
      );
      expect(await one('select count(*) as value from item')).toBe(100);
    });

    test('a notification reaches every listener of its channel, and none that stopped', async () => {
      const heard: string[] = [];
      let wake = (): void => undefined;
      const stopFirst = await db.listen(
        'wörd"s',
        (payload) => heard.push(`first ${payload}`),
        () => undefined,
      );
      const stopSecond = await db.listen(
        'wörd"s',
        (payload) => {
          heard.push(`second ${payload}`);
          wake();
        },
        () => undefined,
      );
      const notify = async (payload: string): Promise<void> => {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await db.query({ text: 'select pg_notify($1, $2)', values: ['wörd"s', payload] });
        await woken;
      };
      await notify('one');
      await expect.poll(() => heard.toSorted()).toEqual(['first one', 'second one']);
      await stopFirst();
      await notify('two');
      expect(heard).toContain('second two');
      expect(heard).not.toContain('first two');
      await stopSecond();
    });

    test('closing twice is fine, and using a closed database says that it is unavailable', async () => {
      const { db: other, close: remove } = await open();
      await other.close();
      await other.close();
      await expect(other.query({ text: 'select 1' })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
      await remove();
    }, 60_000);
  });
}
