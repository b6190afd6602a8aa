import { expect, test } from 'vitest';
import { createLiveHub } from '../../src/api/live/hub.ts';
import type { Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { by, operator } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, until } from '../support/engine.ts';
import { watch, type Event } from './client.ts';

const request = { context: {}, ...by };
const order = defineTask({ name: 'order', namespace: 'shop', identity: 'none' }, (t) => {
  const one = t.step('one', {}, () => 1);
  t.step('two', { dependsOn: { one } }, () => 2);
});

const isReset = ({ event }: Event): boolean => event === 'reset';
const idsOf = (events: readonly Event[]): ReadonlySet<unknown> =>
  new Set(events.filter(({ event }) => event === 'task').map(({ data }) => data['task_id']));

/** Counts the statements that read or compare watched tasks. */
function countReads(seen: { reads: number }): (db: Db) => Db {
  return (db) => ({
    ...db,
    query(statement) {
      if (/task-(progress|revisions)$/.test(statement.name ?? '')) seen.reads += 1;
      return db.query(statement);
    },
  });
}

describeOnEachDatabase('many watchers', (database) => {
  test('of which 2,000 are told of 100 changes by a few statements', async () => {
    const seen = { reads: 0 };
    const engine = await startEngine(database, { worker: false }, countReads(seen));
    await engine.tasker.register(order);
    const created = await engine.tasker.createMany(
      'order',
      Array.from({ length: 500 }, (_, n) => ({ ...request, tags: [`tag-${n % 20}`] })),
    );
    const ids = created.map(({ taskId }) => taskId);
    const hub = createLiveHub(engine.tasker, { tickMs: 50, lookMs: 3_600_000 });
    const lists = Array.from({ length: 1_000 }, (_, n) =>
      watch(hub, { filter: { tag: `tag-${n % 20}` } }, { namespaces: ['shop'] }),
    );
    const ones = Array.from({ length: 1_000 }, (_, n) => watch(hub, { taskId: ids[n % 500] ?? 0 }));
    await until('all have begun', () =>
      [...lists, ...ones].every(({ events }) => events.length > 0),
    );
    expect(hub.watchers).toBe(2_000);
    seen.reads = 0;

    const cancelled = ids.slice(0, 100);
    for (const taskId of cancelled) await engine.tasker.cancelTask(taskId, operator);
    await until('all who watch them were told', () =>
      [
        ...lists.map(({ events }) => idsOf(events).size === 5),
        ...ones.map(({ events }, n) => events.length === (n % 500 < 100 ? 2 : 1)),
      ].every(Boolean),
    );

    // A hundred transactions take less than ten seconds, so less than 200 ticks; never one statement per watcher.
    expect(seen.reads).toBeLessThan(100);
    hub.close();
    expect(hub.watchers).toBe(0);
    await until('all have ended', () => [...lists, ...ones].every((client) => client.isEnded()));
    await engine.finish();
  });

  test('are told to fetch when more changes at once than can be told', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(order);
    const hub = createLiveHub(engine.tasker, { tickMs: 20, lookMs: 3_600_000 });
    const list = watch(hub, { filter: { name: 'order' } });
    await list.next('it begins', isReset);

    await engine.tasker.createMany(
      'order',
      Array.from({ length: 1_500 }, () => request),
    );
    await until('it is told to fetch', () => list.events.filter(isReset).length > 1);

    const { taskId } = await engine.tasker.create(order, request);
    await list.next('later changes are told', ({ data }) => data['task_id'] === taskId);
    hub.close();
    await engine.finish();
  });

  test('cost nothing any more when they have gone', async () => {
    const seen = { reads: 0 };
    const engine = await startEngine(database, { worker: false }, countReads(seen));
    await engine.tasker.register(order);
    const off: string[] = [];
    const watched = {
      ...engine.tasker,
      onChange: (listener: Parameters<typeof engine.tasker.onChange>[0]) => {
        const stop = engine.tasker.onChange(listener);
        return () => {
          off.push('off');
          stop();
        };
      },
    };
    const hub = createLiveHub(watched, { tickMs: 10, lookMs: 10, lingerMs: 20 });
    const list = watch(hub, { filter: {} });
    await list.next('it begins', isReset);

    list.leave();
    expect(hub.watchers).toBe(0);
    await until('nothing is listened to any more', () => off.length === 1);
    const reads = seen.reads;
    const { taskId } = await engine.tasker.create(order, request);
    await engine.tasker.cancelTask(taskId, operator);

    expect(seen.reads).toBe(reads);
    const again = watch(hub, { filter: {} }, { lastEventId: list.lastEventId() });
    await again.next('who comes back later is told to fetch', isReset);
    hub.close();
    await engine.finish();
  });
});
