import { expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { permissionsOf } from '../../src/contract/permissions.ts';
import type { Permission } from '../../src/contract/permissions.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';

const SEARCHES = [
  ['GET', '/tasks?context.card=4111', undefined],
  ['GET', '/tasks?annotation_type=note&annotation_key=a&annotation_value=b', undefined],
  ['GET', '/events?context.card=4111', undefined],
  ['POST', '/bulk/cancel', { filter: { context: { card: 4111 } }, limit: 1, preview: true }],
  [
    'POST',
    '/graphql',
    { query: '{ taskConnection(filter: { context: { card: 4111 } }) { totalCount } }' },
  ],
  [
    'POST',
    '/graphql',
    {
      query:
        '{ tasksByAnnotation(annotationType: "note", annotationKey: "a", annotationValue: "b") { taskId } }',
    },
  ],
] as const;

describeOnEachDatabase('whoever may not see contexts and annotations', (database) => {
  test('cannot search them either, by no door', async () => {
    const engine = await startEngine(database, { worker: false });
    await engine.tasker.register(
      defineTask({ name: 'pay' }, (t) => {
        t.step('only', {}, () => null);
      }),
    );
    let permissions: ReadonlySet<Permission> = new Set();
    const api = createApi(engine.tasker, {
      authenticate: () => ({ id: 'someone', permissions, namespaces: null }),
    });
    const ask = async (method: string, path: string, body: unknown): Promise<string> => {
      const stop = new AbortController();
      const answer = await api.fetch(
        new Request(`http://localhost/tasker${path}`, {
          method,
          signal: stop.signal,
          ...(body === undefined
            ? {}
            : {
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(body),
              }),
        }),
      );
      const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
      const text = isStream ? '' : await answer.text();
      stop.abort();
      return text.includes('FORBIDDEN') ? 'refused' : String(answer.status);
    };
    const all = permissionsOf(['operator']);
    permissions = new Set([...all].filter((permission) => permission !== 'tasks:read_context'));
    for (const [method, path, body] of SEARCHES)
      expect([path, await ask(method, path, body)]).toEqual([path, 'refused']);
    permissions = all;
    for (const [method, path, body] of SEARCHES)
      expect([path, await ask(method, path, body)]).toEqual([path, '200']);
    await api.close();
    await engine.finish();
  });
});
