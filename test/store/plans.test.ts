import pg from 'pg';
import { expect, test } from 'vitest';
import type { Connection, Statement } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { PLAN_SETTINGS } from '../../src/db/plan-settings.ts';
import { createStore } from '../../src/store/index.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import { describeOnPostgres, postgresDatabase } from '../support/each-database.ts';

const store = createStore('tasker');
const step = { taskId: 1, position: 0, attempts: 1, definitionId: 1, rank: 0, queue: 'default' };

/** Every statement that a worker sends again and again, each as the engine sends it. */
const HOT: Readonly<Record<string, (db: Connection) => Promise<unknown>>> = {
  'advance-steps': (db) =>
    store.advanceSteps(db, {
      workerId: 1,
      completions: [
        { ...step, resultText: '{}', children: [{ position: 1, queue: 'default', move: 'take' }] },
      ],
      queue: 'default',
      room: 10,
      excluded: [],
    }),
  'fail-steps': (db) =>
    store.failSteps(
      db,
      [{ ...step, workerId: 1, outcome: 'error', errorText: '{}', retryInMs: null, limit: 3 }],
      true,
    ),
  'promote-due': (db) => store.promoteDue(db),
  'return-steps': (db) => store.returnSteps(db, 1, [step]),
  'load-results': (db) => store.loadResults(db, [step]),
  'load-tasks': (db) => store.loadTasks(db, [1]),
  'lost-runs': (db) => store.lostRuns(db, 1, [step]),
  'task-states': (db) => store.taskStates(db, [1]),
  'find-idle-tasks': (db) => store.findIdleTasks(db, 0, 500),
  'renew-lease': (db) => store.renewLease(db, 1, 1_000),
  'task-progress': (db) => store.taskProgress(db, [1]),
  'task-revisions': (db) => store.taskRevisions(db, { taskIds: [1], newest: 500 }),
};

describeOnPostgres('plans that were made on nearly empty tables', () => {
  const database = postgresDatabase();

  /** Never analysed and empty, as after `migrate`; then the smallest tables that autovacuum analyses (it wants 50 rows). */
  const states = ['fresh', 'sixty tasks'] as const;
  const cases = states.flatMap((state) => Object.keys(HOT).map((name) => [name, state] as const));

  test.each(cases)('%s goes to every large table by key (%s)', async (name, state) => {
    await migrate(database.db(), { schema: 'tasker', migrations: MIGRATIONS });
    const client = new pg.Client(database.url() ?? '');
    await client.connect();
    try {
      if (state === 'sixty tasks') await storeTasks(client);
      const plan = await genericPlan(client, await captured(name));
      expect(readsWhole(plan), plan.join('\n')).toEqual([]);
    } finally {
      await client.end();
    }
  });

  test('a plan that reads a whole table is recognised', async () => {
    await migrate(database.db(), { schema: 'tasker', migrations: MIGRATIONS });
    const client = new pg.Client(database.url() ?? '');
    await client.connect();
    try {
      const text = `update tasker.workflow_steps as s set results = null
                      from jsonb_array_elements($1::jsonb) as e
                     where s.task_id = (e->>0)::bigint and s.position = (e->>1)::int and s.status = 'in_progress'`;
      expect(readsWhole(await genericPlan(client, { text, values: ['[]'] }))).not.toEqual([]);
    } finally {
      await client.end();
    }
  });
});

async function storeTasks(client: pg.Client): Promise<void> {
  await client.query(
    'truncate tasker.tasks, tasker.open_tasks, tasker.workflow_steps, tasker.ready_steps',
  );
  const shape = {
    definitionId: 1,
    leavesLeft: 1,
    steps: [0, 1, 2, 3, 4].map((position) => ({
      position,
      waitingOn: position === 0 ? 0 : 1,
      skipped: false,
    })),
    ready: [{ position: 0, queue: 'default' }],
  };
  const task = {
    shape: 0,
    priority: 0,
    initiator: 'test',
    reason: 'test',
    sourceSystem: 'test',
    tags: [],
    bypassSteps: [],
    idempotencyKey: null,
    traceContext: null,
    requestedAt: null,
    contextText: '{}',
    identity: null,
  };
  const db: Connection = {
    async query({ text, values = [] }) {
      const { rows, rowCount } = await client.query<Record<string, unknown>>(text, [...values]);
      return { rows, rowCount: rowCount ?? 0 };
    },
  };
  const tasks = Array.from({ length: 60 }, () => task);
  await store.insertTasks(db, { shapes: [shape], tasks, workerId: null });
  await client.query('analyze');
}

/** The statement that a store function sends. */
async function captured(name: string): Promise<Statement> {
  let statement: Statement | undefined;
  const sent = new Error('sent');
  const refused = await HOT[name]?.({
    query: (given) => {
      statement = given;
      return Promise.reject(sent);
    },
  }).catch((error: unknown) => error);
  if (refused !== sent) throw new Error(`${name} went on without an answer`);
  if (statement === undefined) throw new Error(`${name} sent nothing`);
  return statement;
}

async function genericPlan(
  client: pg.Client,
  { text, values = [] }: Statement,
): Promise<readonly string[]> {
  for (const [setting, value] of Object.entries(PLAN_SETTINGS))
    await client.query(`set ${setting} = ${value}`);
  await client.query('set plan_cache_mode = force_generic_plan');
  await client.query(`prepare hot as ${text}`);
  const nulls = values.length === 0 ? '' : `(${values.map(() => 'null').join(', ')})`;
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute hot${nulls}`);
  return rows.map((row) => row['QUERY PLAN']);
}

const LARGE =
  /(Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan).* on (tasks|open_tasks|workflow_steps|ready_steps)\b/;

/** Lines of a plan that read a large table without a condition on its index, unless a limit ends them in the index's order. */
function readsWhole(plan: readonly string[]): readonly string[] {
  return plan.filter((line, at) => {
    if (!LARGE.test(line)) return false;
    const hasCondition = /Index Cond:/.test(plan[at + 1] ?? '');
    const isShortWalk = /ready_steps_later|Backward using (open_)?tasks_pkey/.test(line);
    return !hasCondition && !isShortWalk;
  });
}
