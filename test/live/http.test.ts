import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { createLiveHub } from '../../src/api/live/hub.ts';
import type { WatchRequest } from '../../src/api/live/watcher.ts';
import type { Principal } from '../../src/contract/principal.ts';
import { permissionsOf } from '../../src/contract/permissions.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { by } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, until } from '../support/engine.ts';
import { read } from './client.ts';

const request = { context: {}, ...by };
const greet = defineTask({ name: 'greet', namespace: 'shop', identity: 'none' }, (t) => {
  t.step('hello', {}, () => 'hello');
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has such an address
  return `http://127.0.0.1:${port}`;
}

describeOnEachDatabase('a live stream over HTTP', (database) => {
  test('arrives while it goes on, and is freed when the client hangs up', async () => {
    const engine = await startEngine(database);
    const hub = createLiveHub(engine.tasker, { tickMs: 20 });
    const listener = getRequestListener((asked) =>
      hub.watch({
        filter: { name: 'greet' },
        namespaces: null,
        isAllowed: () => true,
        lastEventId: asked.headers.get('last-event-id'),
        until: null,
        signal: asked.signal,
      } satisfies WatchRequest),
    );
    const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    const address = await listening(server);
    const leaving = new AbortController();
    const response = await fetch(address, { signal: leaving.signal });
    const client = read(response, () => leaving.abort());
    await client.next('it begins', ({ event }) => event === 'reset');

    const { taskId } = await engine.tasker.create(greet, request);
    await client.next('it is complete', ({ data }) => data['status'] === 'complete');
    expect(client.events.some(({ data }) => data['task_id'] === taskId)).toBe(true);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(hub.watchers).toBe(1);
    client.leave();

    await until('the stream is freed', () => hub.watchers === 0);
    hub.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await engine.finish();
  });

  test('is asked for like every endpoint, and shows what its caller may see', async () => {
    const engine = await startEngine(database);
    const viewer = (namespace: string, ...grants: readonly string[]): Principal => ({
      id: namespace,
      permissions: permissionsOf(grants),
      namespaces: [namespace],
    });
    const principals: Readonly<Record<string, Principal>> = {
      shop: viewer('shop', 'viewer'),
      other: viewer('other', 'viewer'),
      maker: viewer('shop', 'tasks:create'),
    };
    const api = createApi(engine.tasker, {
      authenticate: ({ headers }) => principals[headers.get('x-who') ?? ''] ?? null,
    });
    const ask = (path: string, who: string, headers: Readonly<Record<string, string>> = {}) =>
      api.fetch(
        new Request(`http://localhost/tasker${path}`, { headers: { 'x-who': who, ...headers } }),
      );
    const { taskId } = await engine.tasker.create(greet, request);

    expect((await ask(`/tasks/${taskId}/events`, 'nobody')).status).toBe(401);
    expect((await ask('/events', 'maker')).status).toBe(403);
    expect((await ask(`/tasks/${taskId}/events`, 'other')).status).toBe(404);
    expect((await ask('/tasks/999/events', 'shop')).status).toBe(404);
    expect((await ask('/events?colour=red', 'shop')).status).toBe(422);
    const one = read(await ask(`/tasks/${taskId}/events?until=settled`, 'shop'), () => undefined);
    await until('it ended', () => one.isEnded());
    expect(one.events.at(-1)?.event).toBe('end');

    const hidden = read(await ask('/events', 'other'), () => undefined);
    const shown = read(await ask('/events?name=greet', 'shop'), () => undefined);
    for (const client of [hidden, shown])
      await client.next('it begins', ({ event }) => event === 'reset');
    const again = read(
      await ask('/events?name=greet', 'shop', { 'last-event-id': shown.lastEventId() }),
      () => undefined,
    );
    await engine.tasker.create(greet, request);
    await shown.next('it is complete', ({ data }) => data['status'] === 'complete');
    await again.next('it goes on', ({ event }) => event === 'task');
    expect(again.events.some(({ event }) => event === 'reset')).toBe(false);
    expect(hidden.events).toHaveLength(1);
    await api.close();
    await until('all ended', () => [hidden, shown, again].every((client) => client.isEnded()));
    await engine.finish();
  });
});
