import { beforeEach, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { verify } from '../../src/engine/verify.ts';
import { LAWS } from '../../src/store/audit/index.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { tables } from '../../src/store/tables.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { assertInvariants } from '../support/invariants.ts';
import { FAULTS } from './faults/all-faults.ts';
import { ODD_STATES } from './odd-states.ts';
import { soundState } from './sound-state.ts';

const SCHEMA = 'audited';
const t = tables(SCHEMA);

test('every law has a planted fault, and every fault names a law (row 35)', () => {
  const laws = LAWS.map(({ id }) => id);

  expect(new Set(laws).size).toBe(laws.length);
  expect([...new Set(FAULTS.map(({ law }) => law))].toSorted()).toEqual(laws.toSorted());
});

describeOnEachDatabase('laws of the data', (database) => {
  beforeEach(async () => {
    const db = database.db();
    await db.script(`drop schema if exists ${t.schema} cascade`);
    await migrate(db, { schema: SCHEMA, migrations: MIGRATIONS });
    await db.script(soundState(t));
  });

  test('a sound state breaks no law (row 35)', async () => {
    const db = database.db();
    expect(await verify(db, t)).toEqual([]);
    await expect(assertInvariants(db, SCHEMA)).resolves.toBeUndefined();
  });

  test.each(ODD_STATES)('allows that $what', async ({ sql }) => {
    const db = database.db();
    await db.script(sql(t));

    expect(await verify(db, t)).toEqual([]);
  });

  test.each(FAULTS)('finds by $law that $what', async ({ law, shows, sql }) => {
    const db = database.db();
    await db.script(sql(t));

    const found = await verify(db, t, { graceMs: 0 });

    const violation = found.find(({ invariant }) => invariant === law);
    expect(violation, `only ${JSON.stringify(found)}`).toBeDefined();
    expect(JSON.stringify(violation?.rows)).toContain(shows ?? '');
  });

  test('looks at no task before the given one', async () => {
    const db = database.db();
    await db.script(
      `update ${t.workflow_steps} set waiting_on = 3 where (task_id, position) = (2, 3)`,
    );

    const [from2, from3] = [
      await verify(db, t, { sinceTaskId: 2 }),
      await verify(db, t, { sinceTaskId: 3 }),
    ];

    expect(from2.map(({ invariant }) => invariant)).toEqual(['waiting-count']);
    expect(from3).toEqual([]);
  });

  test('shows at most twenty rows of a law and counts them all', async () => {
    const db = database.db();
    await db.script(
      `insert into ${t.workflow_steps} (task_id, position, waiting_on) select 99, i, 0 from generate_series(1, 50) as i`,
    );

    const found = await verify(db, t);

    expect(found.map(({ invariant, count, rows }) => [invariant, count, rows.length])).toEqual([
      ['no-orphans', 50, 20],
    ]);
    expect(found[0]?.rows[0]).toEqual({
      task_id: 99,
      position: expect.any(Number),
      problem: 'step without task',
    });
  });

  test('measures values against the limit that it is given', async () => {
    const db = database.db();
    await db.script(
      `update ${t.workflow_steps} set results = to_jsonb(repeat('a', 98)) where (task_id, position) = (1, 0)`,
    );

    const [at100, at99] = [
      await verify(db, t, { maxValueBytes: 100 }),
      await verify(db, t, { maxValueBytes: 99 }),
    ];

    expect(at100).toEqual([]);
    expect(at99.map(({ invariant }) => invariant)).toEqual(['results-present-and-bounded']);
  });

  test('the assertion for tests names the law, why it matters and the rows', async () => {
    const db = database.db();
    await db.script(`delete from ${t.ready_steps} where task_id = 5`);

    await expect(assertInvariants(db, SCHEMA)).rejects.toThrow(
      /2 laws of the data are broken:[^]*no-dead-end: Every open task[^]*stay open for ever[^]*"task_id":5/,
    );
  });
});

describeOnPostgres('an audit with a time limit', () => {
  const database = postgresDatabase();

  test('names the law that took too long', async () => {
    const db = database.db();
    await migrate(db, { schema: SCHEMA, migrations: MIGRATIONS });
    await db.script(soundState(t));

    await db.transaction(async (tx) => {
      await tx.query({ text: `lock table ${t.task_identities} in access exclusive mode` });
      await expect(verify(db, t, { statementTimeoutMs: 50 })).rejects.toMatchObject({
        code: 'AUDIT_TIMEOUT',
        details: { law: 'no-orphans', timeoutMs: 50 },
      });
    });

    expect(await verify(db, t)).toEqual([]);
  });
});
