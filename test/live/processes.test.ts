import { expect, test } from 'vitest';
import { createLiveHub } from '../../src/api/live/hub.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { by } from '../engine/lab.ts';
import {
  describeOnEachDatabase,
  describeOnPostgres,
  postgresDatabase,
} from '../support/each-database.ts';
import { startEngine, until } from '../support/engine.ts';
import { watch, type Event } from './client.ts';

/** No look within the time of a test: what comes, comes by hints. */
const HINTS_ONLY = { tickMs: 20, lookMs: 3_600_000 };
const request = { context: {}, ...by };
const greet = defineTask({ name: 'greet', namespace: 'shop', identity: 'none' }, (t) => {
  t.step('hello', {}, () => 'hello');
});

const isComplete =
  (taskId: number) =>
  ({ event, data }: Event): boolean =>
    event === 'task' && data['task_id'] === taskId && data['status'] === 'complete';
const isReset = ({ event }: Event): boolean => event === 'reset';

describeOnPostgres('watchers of one process', () => {
  const database = postgresDatabase();

  test('hear by hints what a worker of another process does', async () => {
    const api = await startEngine(database, { worker: false });
    const other = await startEngine(database, { schema: api.schema });
    const hub = createLiveHub(api.tasker, HINTS_ONLY);
    const list = watch(hub, { filter: { name: 'greet' } });
    await list.next('it begins', isReset);
    // The announcement is on its way: until it is heard, the other process tells nothing.
    const heard: number[] = [];
    api.tasker.onChange((change) => {
      if ('taskIds' in change) heard.push(...change.taskIds);
    });
    await until('the other process tells', async () => {
      await other.tasker.create(greet, request);
      return heard.length > 0;
    });

    const { taskId } = await other.tasker.create(greet, request);
    const one = watch(hub, { taskId }, { until: 'settled' });

    await list.next('the list is told', isComplete(taskId));
    await until('the stream about the task ended', () => one.isEnded());
    expect(one.events.at(-1)?.event).toBe('end');
    hub.close();
    await api.tasker.stop();
    await other.finish();
  });

  test('are told to fetch when the connection that hears the others was lost', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, HINTS_ONLY);
    const list = watch(hub, { filter: { name: 'greet' } });
    await list.next('it begins', isReset);

    await engine.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%' or query = 'select 1'`,
    );

    await until('they were told', () => list.events.filter(isReset).length > 1);
    hub.close();
    await engine.finish();
  });
});

describeOnEachDatabase('watchers that hear nobody', (database) => {
  test('find changes by looking', async () => {
    const engine = await startEngine(database, { notify: false });
    const deaf = { ...engine.tasker, onChange: () => () => undefined };
    const hub = createLiveHub(deaf, { tickMs: 20, lookMs: 50 });
    const list = watch(hub, { filter: { name: 'greet' } });
    await list.next('it begins', isReset);

    const { taskId } = await engine.tasker.create(greet, request);
    const one = watch(hub, { taskId });

    await list.next('the list is told', isComplete(taskId));
    await one.next('the task is told', isComplete(taskId));
    await engine.tasker.updateTask(taskId, { reason: 'another' });
    await until(
      'an edit that shows in no count is told, too',
      () => list.events.filter(isComplete(taskId)).length > 1,
    );
    hub.close();
    await engine.finish();
  });

  test('are told nothing twice by a hint and a look', async () => {
    const engine = await startEngine(database);
    const looks = { count: 0 };
    const counted: typeof engine.tasker = {
      ...engine.tasker,
      revisions(asked) {
        looks.count += 1;
        return engine.tasker.revisions(asked);
      },
    };
    const hub = createLiveHub(counted, { tickMs: 20, lookMs: 20 });
    const list = watch(hub, { filter: { name: 'greet' } });
    await list.next('it begins', isReset);
    const { taskId } = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(taskId);
    await list.next('it is complete', isComplete(taskId));
    const told = list.events.length;
    const before = looks.count;
    await until('it looked five more times', () => looks.count > before + 5);

    expect(list.events).toHaveLength(told);
    hub.close();
    await engine.finish();
  });
});
