import { expect, test } from 'vitest';
import type { Db, Statement } from '../../src/db/db.ts';
import type { TaskListRequest } from '../../src/engine/list-types.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { storeTasks } from './stored-tasks.ts';

/** What a list asks, and the indexes through which it must go to tasks, in the order of its looks. */
const CASES: Readonly<Record<string, readonly [TaskListRequest, readonly string[]]>> = {
  'no filter': [{}, ['tasks_pkey']],
  'by request': [{ sortBy: 'requested_at' }, ['tasks_requested']],
  'open tasks': [{ status: ['pending', 'in_progress'] }, ['open_tasks_pkey']],
  'tasks in error': [{ status: ['error'] }, ['tasks_failed_at']],
  'tasks resolved by hand': [{ status: ['resolved_manually'] }, ['tasks_failed_at']],
  'tasks in error, by request': [
    { status: ['error'], sortBy: 'requested_at' },
    ['tasks_requested', 'tasks_failed_at'],
  ],
  'a name': [{ name: 'task_1' }, ['tasks_definition']],
  'a rare tag': [{ tag: 'audit' }, ['tasks_pkey', 'tasks_terms']],
  'a rare initiator': [{ initiator: 'user_123' }, ['tasks_pkey', 'tasks_terms']],
  'a rare source system': [{ sourceSystem: 'legacy' }, ['tasks_pkey', 'tasks_terms']],
  'a value of the context': [
    { context: [{ path: 'order_id', value: 9 }] },
    ['tasks_pkey', 'tasks_terms'],
  ],
  'a running step': [{ stepStatus: ['in_progress'] }, ['open_tasks_pkey', 'workflow_steps_pkey']],
  'a dependent system': [{ dependentSystem: 'rare_system' }, ['tasks_definition']],
  'a note': [
    { annotation: { type: 'order', key: 'ticket', value: 'T-500' } },
    ['tasks_pkey', 'task_annotations_search'],
  ],
};

describeOnPostgres('the plans of lists', () => {
  const database = postgresDatabase();

  test('go to every large table through the index that is meant for the filter', async () => {
    const sent: Statement[] = [];
    const engine = await startEngine(database, { worker: false }, (db) => listening(db, sent));
    await storeTasks(engine, 5_000);
    for (const [name, [request, indexes]] of Object.entries(CASES)) {
      sent.length = 0;
      await engine.tasker.tasks(request);
      const looks = sent.filter(({ text }) => text.includes('page as materialized'));
      const plans: string[] = [];
      for (const { text, values = [] } of looks) {
        plans.push(await planOf(database.db(), text, values));
      }
      const plan = plans.join('\n');
      for (const index of indexes) expect(plan, name).toContain(index);
      expect(plan, name).not.toMatch(/Seq Scan on (tasks|workflow_steps|task_annotations)\b/);
    }
    await engine.tasker.stop();
  }, 30_000);
});

/** The plan for these very values, as the engine's transaction would have it. */
async function planOf(db: Db, text: string, values: readonly unknown[]): Promise<string> {
  return db.transaction(async (tx) => {
    if (text.includes('too_many as materialized'))
      await tx.script('set local enable_bitmapscan = on');
    const { rows } = await tx.query({ text: `explain ${text}`, values });
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
  });
}

/** The same database, keeping every statement. */
function listening(db: Db, sent: Statement[]): Db {
  return {
    kind: db.kind,
    threadConnection: db.threadConnection,
    durability: () => db.durability(),
    query(statement) {
      sent.push(statement);
      return db.query(statement);
    },
    transaction: (work) =>
      db.transaction((tx) =>
        work({
          query(statement) {
            sent.push(statement);
            return tx.query(statement);
          },
          script: (text) => tx.script(text),
        }),
      ),
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => db.close(),
  };
}
