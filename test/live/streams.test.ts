import { expect, test } from 'vitest';
import { createLiveHub } from '../../src/api/live/hub.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { by, operator } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, until } from '../support/engine.ts';
import { watch, type Event } from './client.ts';

const QUICK = { tickMs: 20 };
const request = { context: {}, ...by };

const greet = defineTask({ name: 'greet', namespace: 'shop', identity: 'none' }, (t) => {
  t.step('hello', {}, () => 'hello');
});

/** A task whose only step waits for the test. */
function waiting(name = 'waiting', namespace = 'shop') {
  const open = gate();
  const task = defineTask({ name, namespace, identity: 'none' }, (t) => {
    t.step('wait', {}, () => open.opened);
  });
  return { task, open: () => open.open() };
}

const isTask =
  (taskId: number, status?: string) =>
  ({ event, data }: Event): boolean =>
    event === 'task' &&
    data['task_id'] === taskId &&
    (status === undefined || data['status'] === status);

const isReset = ({ event }: Event): boolean => event === 'reset';

describeOnEachDatabase('a stream about a task', (database) => {
  test('begins with the task as it is, tells its changes, and ends with it when asked to', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const held = waiting();
    const { taskId } = await engine.tasker.create(held.task, request);
    const client = watch(hub, { taskId }, { until: 'settled' });

    const running = await client.next('it runs', isTask(taskId, 'in_progress'));
    held.open();
    await until('the stream ended', () => client.isEnded());

    expect(running.data).toMatchObject({ name: 'waiting', namespace: 'shop', is_settled: false });
    expect(client.events.at(-2)?.data).toMatchObject({
      task_id: taskId,
      status: 'complete',
      is_settled: true,
      steps: { complete: 1, pending: 0, in_progress: 0, error: 0, skipped: 0 },
    });
    expect(client.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'complete' } });
    expect(hub.watchers).toBe(0);
    expect(client.text().startsWith('retry: 2000\n\n')).toBe(true);
    hub.close();
    await engine.finish();
  });

  test('that is settled already says so at once', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const { taskId } = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(taskId);

    const client = watch(hub, { taskId }, { until: 'settled' });
    await until('the stream ended', () => client.isEnded());

    expect(client.events.map(({ event }) => event)).toEqual(['task', 'end']);
    hub.close();
    await engine.finish();
  });

  test('of a namespace that the watcher may not see tells nothing', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const { taskId } = await engine.tasker.create(greet, request);
    const hidden = watch(hub, { taskId }, { namespaces: ['other'] });
    const shown = watch(hub, { taskId }, { namespaces: ['shop'] });

    await shown.next('it is complete', isTask(taskId, 'complete'));

    expect(hidden.events).toEqual([]);
    hub.close();
    await engine.finish();
  });

  test('frees everything at once when its client goes, and when it may no longer watch', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, { ...QUICK, recheckMs: 30, heartbeatMs: 10 });
    const { taskId } = await engine.tasker.create(greet, request);
    let isAllowed = true;
    const gone = watch(hub, { taskId });
    const revoked = watch(hub, { taskId }, { isAllowed: () => isAllowed });
    const failing = watch(hub, { taskId }, { isAllowed: () => Promise.reject(new Error('away')) });
    expect(hub.watchers).toBe(3);

    gone.leave();
    expect(hub.watchers).toBe(2);
    await until('the one that cannot be asked about ended', () => failing.isEnded());
    expect(revoked.isEnded()).toBe(false);
    isAllowed = false;
    await until('the revoked one ended', () => revoked.isEnded());

    expect(hub.watchers).toBe(0);
    hub.close();
    await engine.finish();
  });

  test('tells a client that comes back from elsewhere to fetch, and then the task', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const { taskId } = await engine.tasker.create(greet, request);
    await engine.tasker.waitFor(taskId);

    const client = watch(hub, { taskId }, { lastEventId: '01234567-9', until: 'settled' });
    await until('the stream ended', () => client.isEnded());

    expect(client.events.map(({ event }) => event)).toEqual(['reset', 'task', 'end']);
    hub.close();
    await engine.finish();
  });

  test('tells operators’ changes, too', async () => {
    const engine = await startEngine(database, { worker: false });
    const hub = createLiveHub(engine.tasker, QUICK);
    const { taskId } = await engine.tasker.create(greet, request);
    const client = watch(hub, { taskId });
    await client.next('it is pending', isTask(taskId, 'pending'));

    await engine.tasker.cancelTask(taskId, operator);

    await client.next('it is cancelled', isTask(taskId, 'cancelled'));
    hub.close();
    await engine.finish();
  });
});

describeOnEachDatabase('a stream about a list', (database) => {
  test('begins with reset, and tells matching tasks whatever their status, of visible namespaces only', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const foreign = waiting('foreign', 'secret');
    foreign.open();
    const client = watch(
      hub,
      { filter: { status: ['pending'], tag: 'a' } },
      { namespaces: ['shop'] },
    );
    await client.next('it begins', isReset);

    const secret = await engine.tasker.create(foreign.task, { ...request, tags: ['a'] });
    const other = await engine.tasker.create(greet, { ...request, tags: ['b'] });
    const mine = await engine.tasker.create(greet, { ...request, tags: ['a'] });
    for (const { taskId } of [secret, other, mine]) await engine.tasker.waitFor(taskId);
    await client.next('mine left the list', isTask(mine.taskId, 'complete'));

    expect(client.events.filter(isTask(secret.taskId))).toEqual([]);
    expect(client.events.filter(isTask(other.taskId))).toEqual([]);
    expect(client.text()).not.toContain('secret');
    hub.close();
    await engine.finish();
  });

  test('matches by system, annotation and context', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, QUICK);
    const paying = defineTask({ name: 'paying', identity: 'none' }, (t) => {
      t.step('pay', { dependentSystem: 'bank' }, (context) => {
        context.annotate('receipt', { number: 7 });
        return null;
      });
    });
    const clients = {
      bank: watch(hub, { filter: { dependentSystem: 'bank' } }),
      shop: watch(hub, { filter: { dependentSystem: 'shop' } }),
      noted: watch(hub, { filter: { annotation: { type: 'receipt', key: 'number', value: '7' } } }),
      cart: watch(hub, { filter: { context: [{ path: 'cart.id', value: 3 }] } }),
      text: watch(hub, { filter: { context: [{ path: 'cart.id', value: '3' }] } }),
    };
    for (const client of Object.values(clients)) await client.next('it begins', isReset);

    const { taskId } = await engine.tasker.create(paying, { ...by, context: { cart: { id: 3 } } });
    for (const client of [clients.bank, clients.noted, clients.cart])
      await client.next('it is complete', isTask(taskId, 'complete'));

    expect(clients.shop.events.filter(isTask(taskId))).toEqual([]);
    expect(clients.text.events.filter(isTask(taskId))).toEqual([]);
    hub.close();
    await engine.finish();
  });

  test('goes on where a client was, or says that it does not know', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, { ...QUICK, ringSize: 5 });
    const run = async (): Promise<number> => {
      const { taskId } = await engine.tasker.create(greet, request);
      await engine.tasker.waitFor(taskId);
      return taskId;
    };
    const witness = watch(hub, { filter: { namespace: 'shop' } });
    const first = watch(hub, { filter: { name: 'greet' } });
    await first.next('it begins', isReset);
    const before = await run();
    await first.next('the first task is complete', isTask(before, 'complete'));
    first.leave();
    const missed = await run();
    await witness.next('the second task is complete', isTask(missed, 'complete'));

    const back = watch(hub, { filter: { name: 'greet' } }, { lastEventId: first.lastEventId() });
    const other = watch(hub, { filter: { name: 'other' } }, { lastEventId: first.lastEventId() });
    await back.next('it is told what it missed', isTask(missed, 'complete'));
    expect(back.events.filter(isReset)).toEqual([]);
    expect(back.events.filter(isTask(before))).toEqual([]);
    expect(other.events).toEqual([]);

    for (let more = 0; more < 10; more += 1) await run();
    const last = await run();
    await witness.next('the last task is complete', isTask(last, 'complete'));
    for (const lastEventId of [first.lastEventId(), '01234567-1', 'nonsense', '']) {
      const lost = watch(hub, { filter: { name: 'greet' } }, { lastEventId });
      await lost.next('it is told to fetch', isReset);
    }
    hub.close();
    await engine.finish();
  });

  test('gives signs of life that move the id on, and says when to come back at the end', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, { ...QUICK, heartbeatMs: 10 });
    const client = watch(hub, { filter: { name: 'nothing' } });
    const witness = watch(hub, { filter: {} });
    await client.next('it begins', isReset);
    const begun = client.lastEventId();

    const { taskId } = await engine.tasker.create(greet, request);
    const seen = await witness.next('the task is complete', isTask(taskId, 'complete'));
    await until('the id moved on', () => client.lastEventId() === seen.id);
    expect(client.comments()).toBeGreaterThan(0);
    expect(client.lastEventId()).not.toBe(begun);

    hub.close();
    await until('both ended', () => client.isEnded() && witness.isEnded());
    expect(client.text()).toMatch(/retry: \d{4}\n\n$/);
    expect(client.events).toHaveLength(1);
    expect(() => watch(hub, { filter: {} })).toThrow(/More requests/);
    await engine.finish();
  });
});
