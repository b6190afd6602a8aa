import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi, type TaskerApi } from '../../src/api/app.ts';
import { ENDPOINTS } from '../../src/contract/index.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { ALL_PERMISSIONS, type Permission } from '../../src/contract/permissions.ts';
import type { Principal } from '../../src/contract/principal.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';

/** Every route of the declarations, with its second method where it has one. Nobody can add one that is not tested here. */
const ROUTES = Object.entries(ENDPOINTS).flatMap(([name, declared]) => {
  const endpoint: Endpoint = declared;
  const methods = [endpoint.method, ...(endpoint.also === undefined ? [] : [endpoint.also])];
  return methods.map((method) => ({ name, method, endpoint }));
});

const ME: Principal = { id: 'me', permissions: new Set(ALL_PERMISSIONS), namespaces: null };

/** A Tasker that says whether anything was asked of it. */
function watched(): { readonly tasker: Tasker; readonly reached: string[] } {
  const reached: string[] = [];
  const tasker: unknown = new Proxy(
    {},
    {
      get(_, verb) {
        if (verb === 'onChange' || verb === 'on') return () => () => undefined;
        reached.push(String(verb));
        throw new Error(`${String(verb)} was reached`);
      },
    },
  );
  return { tasker: tasker as Tasker, reached }; // sound: a verb that is used throws
}

/** A path with these ids in it. */
function pathOf({ path }: Endpoint, taskId: number): string {
  return path
    .replace(':task_id', String(taskId))
    .replaceAll(/:(\w+_id)/g, '1')
    .replaceAll(/:\w+/g, 'x');
}

async function send(
  api: TaskerApi,
  { method, endpoint }: (typeof ROUTES)[number],
  taskId = 1,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await api.fetch(
    new Request(`http://localhost/tasker${pathOf(endpoint, taskId)}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-request-id': 'same' },
      ...(method === 'GET' ? {} : { body: '{}' }),
    }),
  );
  // A stream has no end to wait for.
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel();
    return { status: response.status, text: '' };
  }
  return { status: response.status, text: await response.text() };
}

describe.each(ROUTES)('$method $endpoint.path ($endpoint.permission)', (route) => {
  const { permission } = route.endpoint;
  const as = async (principal: Principal | null, authorize?: () => boolean) => {
    const { tasker, reached } = watched();
    const api = createApi(tasker, {
      authenticate: () => principal,
      ...(authorize === undefined ? {} : { authorize }),
    });
    const { status } = await send(api, route);
    await api.close();
    return { status, reached };
  };

  test('callers who are nobody', async () => {
    const { status, reached } = await as(null);

    if (permission === 'public') expect(status).not.toBe(401);
    else expect({ status, reached }).toEqual({ status: 401, reached: [] });
  });

  test('callers with every permission but this one', async () => {
    const others = ALL_PERMISSIONS.filter((one) => one !== permission);
    const { status, reached } = await as({ ...ME, permissions: new Set(others) });

    if (permission === 'public' || permission === 'authenticated') expect(status).not.toBe(403);
    else expect({ status, reached }).toEqual({ status: 403, reached: [] });
  });

  test('callers with this permission only', async () => {
    const only = new Set(
      [permission].filter((one): one is Permission => ALL_PERMISSIONS.some((p) => p === one)),
    );
    const { status } = await as({ ...ME, permissions: only });

    expect([401, 403]).not.toContain(status);
  });

  test('callers of whom the host says no', async () => {
    const { status, reached } = await as(ME, () => false);

    const isOpen = permission === 'public' || permission === 'authenticated';
    // What is about one task is decided once it is known which: it is looked up, and nothing else.
    if (isOpen) expect(status).not.toBe(403);
    else if (route.endpoint.path.includes(':task_id')) expect(reached).toEqual(['task']);
    else expect({ status, reached }).toEqual({ status: 403, reached: [] });
  });
});

describeOnEachDatabase('callers of one namespace', (database) => {
  let engine: Engine;
  let api: TaskerApi;
  let mine: number;
  let foreign: number;

  beforeAll(async () => {
    engine = await startEngine(database);
    for (const namespace of ['shop', 'bank']) {
      const task = defineTask({ name: `${namespace}_task`, namespace }, (t) => {
        t.step(`${namespace}_step`, { retryLimit: 1 }, () => {
          throw new Error(`${namespace} error`);
        });
      });
      await engine.tasker.register(task);
      const { taskId } = await engine.tasker.create(`${namespace}/${namespace}_task`, {
        context: { secret: `${namespace} context` },
        tags: [`${namespace}_tag`],
      });
      await engine.tasker.waitFor(taskId);
      if (namespace === 'shop') mine = taskId;
      else foreign = taskId;
    }
    api = createApi(engine.tasker, { authenticate: () => ({ ...ME, namespaces: ['shop'] }) });
  });
  afterAll(async () => {
    await api.close();
    await engine.finish();
  });

  test.each(ROUTES.filter(({ endpoint }) => endpoint.path.includes(':task_id')))(
    '$method $endpoint.path: a foreign task is like one that does not exist',
    async (route) => {
      const before = await engine.sql('select t::text from {schema}.tasks as t order by 1');

      const [unknown, hidden] = [await send(api, route, 999_999), await send(api, route, foreign)];

      expect(hidden.status).toBe(404);
      const same = unknown.text.replaceAll('999999', String(foreign));
      expect(hidden).toEqual({ status: unknown.status, text: same });
      expect(await engine.sql('select t::text from {schema}.tasks as t order by 1')).toEqual(
        before,
      );
    },
  );

  test.each(
    ROUTES.filter(({ endpoint, method }) => method === 'GET' && !endpoint.path.includes(':')),
  )('$method $endpoint.path: shows nothing of another namespace', async (route) => {
    const { text } = await send(api, route);

    expect(text).not.toMatch(/bank/);
  });

  test('a bulk action over another namespace finds nothing', async () => {
    const response = await api.fetch(
      new Request('http://localhost/tasker/bulk/cancel', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ filter: { namespace: 'bank' }, limit: 10 }),
      }),
    );

    expect(await response.json()).toMatchObject({ matched: { count: 0 }, acted: 0 });
    expect((await engine.tasker.task(foreign)).status).toBe('error');
  });

  test('lists show what is theirs', async () => {
    const response = await api.fetch(new Request('http://localhost/tasker/tasks'));

    expect(await response.json()).toMatchObject({ tasks: [{ task_id: mine }] });
  });
});
