import { expect, test } from 'vitest';
import type { Connection, Statement } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { PLAN_SETTINGS } from '../../src/db/plan-settings.ts';
import { readGauges } from '../../src/store/gauges/read-gauges.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { tables } from '../../src/store/tables.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';

const READY = `
insert into tasker.ready_steps (task_id, ready_at, position, definition_id, rank, due, queue)
select g, statement_timestamp() - g * interval '1 second', 0, 1, 0, g % 4 <> 0, 'queue ' || g % 2 from generate_series(1, 40) as g`;

const TASKS = `
insert into tasker.tasks (created_at, requested_at, settled_at, failed_at, definition_id, status, leaves_left, initiator, reason,
                          source_system, context)
select now(), now(), case when status not in ('pending') then now() end, case when status in ('error', 'cancelled') then now() end,
       1, status::tasker.task_status, 1, 'a', 'b', 'c', '{}'
  from unnest(array['pending', 'pending', 'pending', 'error', 'error', 'cancelled', 'complete']) as status`;

const OPEN =
  'insert into tasker.open_tasks select task_id from tasker.tasks where settled_at is null';

describeOnEachDatabase('the gauges of the database', (database) => {
  const filled = async (): Promise<Connection> => {
    const db = database.db();
    await migrate(db, { schema: 'tasker', migrations: MIGRATIONS });
    await db.script(
      `truncate tasker.ready_steps, tasker.open_tasks, tasker.tasks; ${READY}; ${TASKS}; ${OPEN}`,
    );
    return db;
  };

  test('count what is there, by queue', async () => {
    const gauges = await readGauges(tables('tasker'))(await filled(), 100);

    expect(gauges).toMatchObject({
      queues: [
        { queue: 'queue 0', ready: 10 },
        { queue: 'queue 1', ready: 20 },
      ],
      waitingSteps: 10,
      openTasks: 3,
      failedTasks: 2,
      workersAlive: 0,
    });
    expect(gauges.queues[0]?.oldestSeconds).toBeGreaterThanOrEqual(38);
    expect(gauges.queues[0]?.oldestSeconds).toBeLessThan(60);
  });

  test('stop counting at the bound', async () => {
    const gauges = await readGauges(tables('tasker'))(await filled(), 2);

    // The newest two that failed are the cancelled one and one in error.
    expect(gauges).toMatchObject({ waitingSteps: 2, openTasks: 2, failedTasks: 1 });
    expect(gauges.queues.map(({ ready }) => ready)).toEqual([2, 2]);
  });

  test('never read a large table from end to end', async () => {
    const db = await filled();
    let sent: Statement = { text: '' };
    await readGauges(tables('tasker'))(
      { query: (statement) => ((sent = statement), db.query(statement)) },
      10_000,
    );
    const plan = await database.db().transaction(async (tx) => {
      for (const [name, value] of Object.entries(PLAN_SETTINGS))
        await tx.query({ text: `set local ${name} = ${value}` });
      return (await tx.query({ text: `explain ${sent.text}`, values: sent.values ?? [] })).rows;
    });

    const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
    expect(text).toMatch(/ready_steps_next/);
    expect(text).not.toMatch(/Seq Scan on (tasks|ready_steps)/);
  });
});
