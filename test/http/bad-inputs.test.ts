import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { defineTask, jsonSchema } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { BAD_BODIES, BASE, GOOD_BODIES } from './bad-bodies.ts';
import {
  as,
  BASE as URL_BASE,
  caller,
  clientOf,
  INSIDE,
  read,
  requestOf,
  stored,
  type Answer,
  type Ask,
  type Client,
} from './lab.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
/** Longer than any answer takes on a busy machine, shorter than what grows with more than the length of the input. */
const BOUND_MS = 3_000;

/** Texts in the place of a parameter, and the status. `TASK`, `STEP` and `OTHER` stand for ids: a task, its step, a step of another task. */
const BAD_PARAMETERS: readonly (readonly [method: string, path: string, status: number])[] = [
  ['GET', '/tasks?limit=-1', 422],
  ['GET', '/tasks?limit=0', 422],
  ['GET', '/tasks?limit=201', 422],
  ['GET', '/tasks?limit=1000000000', 422],
  ['GET', '/tasks?limit=1e3', 422],
  ['GET', '/tasks?limit=0x10', 422],
  ['GET', '/tasks?limit=1.5', 422],
  ['GET', '/tasks?limit=', 422],
  ['GET', '/tasks?limit=%20', 422],
  ['GET', '/tasks?limit=١', 422],
  ['GET', '/tasks?limit=1&limit=2', 422],
  ['GET', '/tasks?limit[]=1', 422],
  ['GET', `/tasks?${Array.from({ length: 20_000 }, (_, n) => `p${n}=1`).join('&')}`, 422],
  ['GET', `/tasks?${Array.from({ length: 100 }, (_, n) => `context.p${n}=1`).join('&')}`, 422],
  ['GET', '/tasks?offset=-1', 422],
  ['GET', '/tasks?offset=10001', 422],
  ['GET', '/tasks?offset=99999999999999999999', 422],
  ['GET', '/tasks?sort_by=created_at;drop table tasks--', 422],
  ['GET', '/tasks?sort_by=case when (1=1) then name else state end', 422],
  ['GET', '/tasks?sort_by=__proto__', 422],
  ['GET', '/tasks?sort_by=name&sort_order=desc, pg_sleep(5)', 422],
  ['GET', '/tasks?sort_by=task_id&sort_direction=desc', 422],
  ['GET', '/tasks?cursor=eyJpZCI6Inh4In0', 422],
  ['GET', '/tasks?cursor=WzEsbnVsbF0.AAAAAAAAAAAAAAAA', 422],
  ['GET', '/tasks?name=a%00b', 422],
  ['GET', '/tasks?%00=1', 422],
  ['GET', '/tasks?context={"a":1}', 422],
  ['GET', '/tasks?context.=1', 422],
  ['GET', '/tasks?context.a..b=1', 422],
  ['GET', `/tasks?context.${'a.'.repeat(200)}b=1`, 422],
  ['GET', `/tasks?name=${'x'.repeat(5_000)}`, 422],
  ['GET', '/tasks?status=done', 422],
  ['GET', '/tasks?status=pending,', 422],
  ['GET', '/tasks?created_from=yesterday', 422],
  ['GET', '/tasks?created_from=300000-01-01T00:00:00Z', 422],
  ['GET', '/tasks?created_to=2026-02-30T00:00:00Z', 422],
  ['GET', '/tasks?annotation_type=note', 422],
  ['GET', '/tasks?__proto__=1', 422],
  ['GET', '/tasks?api_key=secret', 422],
  ['GET', '/analytics/steps?since=10', 422],
  ['GET', '/analytics/steps?since=-1h', 422],
  ['GET', '/analytics/statuses?bucket=year', 422],
  ['GET', '/object_maps?id=1', 422],
  ['GET', '/tasks/%E0%A4%A', 400],
  ['GET', '/tasks/%', 400],
  ['GET', '/tasks/1%00', 400],
  ['GET', '/tasks/1%20or%201=1', 404],
  ['GET', '/tasks/99999999999999999999', 404],
  ['GET', '/tasks/9007199254740993', 404],
  ['GET', '/tasks/137438953472', 404],
  ['GET', '/tasks/0', 404],
  ['GET', '/tasks/-1', 404],
  ['GET', '/tasks/1e0', 404],
  ['GET', '/tasks/1.0', 404],
  ['GET', '/tasks/0x1', 404],
  ['GET', '/tasks/00000000-0000-0000-0000-000000000001', 404],
  ['GET', '/tasks/__proto__', 404],
  ['GET', '/tasks/../../../secrets', 404],
  ['GET', '/tasks/%2e%2e/%2e%2e/secrets', 404],
  ['GET', '/tasks/..%2f..%2fetc%2fpasswd', 404],
  ['GET', `/tasks/${'a'.repeat(10_000)}`, 404],
  ['GET', '/nothing', 404],
  ['GET', '/constructor', 404],
  ['GET', '/definitions/99999999999', 404],
  ['GET', '/tasks/TASK/workflow_steps/OTHER', 404],
  ['DELETE', '/tasks/TASK/workflow_steps/OTHER', 404],
  ['POST', '/tasks/TASK/workflow_steps/OTHER/resolve', 404],
  ['GET', '/tasks/TASK/workflow_steps/nothing', 404],
  ['GET', '/tasks/TASK/workflow_steps/toString', 404],
  ['GET', '/tasks/TASK/workflow_steps/9007199254740991', 404],
  ['POST', '/tasks/TASK', 405],
  ['PUT', '/tasks', 405],
  ['PROPFIND', '/tasks', 405],
];

describeOnEachDatabase('over HTTP', (database) => {
  let engine: Engine;
  let ask: Client;
  const ids = { task: 0, step: 0, other: 0 };

  beforeAll(async () => {
    engine = await startEngine(database, { worker: false });
    await engine.tasker.register(
      defineTask(
        {
          name: 'w',
          identity: 'none',
          schema: jsonSchema<{ cart_id?: number }>({
            type: 'object',
            properties: { cart_id: { type: 'integer' } },
          }),
        },
        (t) => {
          t.step('only', {}, () => null);
        },
      ),
    );
    const [first, second] = await engine.tasker.createMany('w', [{ context: {} }, { context: {} }]);
    ids.task = first?.taskId ?? 0;
    ids.step = (await engine.tasker.step(ids.task, 0)).workflowStepId;
    ids.other = (await engine.tasker.step(second?.taskId ?? 0, 0)).workflowStepId;
    ask = clientOf(engine.tasker);
  });
  afterAll(async () => {
    await ask.api.close();
    await engine.finish();
  });

  /** Asks, and expects a refusal with this status that leaves every table as it was. */
  async function refused(
    [method, path, given = {}]: readonly [string, string, Ask?],
    status: number,
  ): Promise<Answer> {
    const before = await stored(engine);
    const begin = performance.now();
    const answer = await ask(method, path, given);
    expect(performance.now() - begin).toBeLessThan(BOUND_MS);
    expect(answer.status, answer.text).toBe(status);
    isProblem(answer);
    expect(await stored(engine)).toEqual(before);
    expect((await ask('GET', '/health/live')).status).toBe(200);
    return answer;
  }

  describe('a request for a task with', () => {
    test.each(Object.entries(BAD_BODIES))('%s is refused', async (_, { body, status, code }) => {
      const answer = await refused(['POST', '/tasks', { raw: body, headers: JSON_TYPE }], status);

      expect(answer.json).toMatchObject({ code });
    });

    test.each(Object.entries(GOOD_BODIES))('%s is accepted', async (_, [body, context]) => {
      const before = await stored(engine);

      const answer = await ask('POST', '/tasks', { raw: body, headers: JSON_TYPE });

      expect(answer.status, answer.text.slice(0, 300)).toBe(201);
      const after = await stored(engine);
      expect(after).toMatchObject({ tasks: (before['tasks'] ?? 0) + 1 });
      const { task } = answer.json as { task: { task_id: number } }; // sound: 201
      const again = await ask('GET', `/tasks/${task.task_id}`);
      expect(again.json).toMatchObject({ task: { context } });
    });

    test('a compressed body is refused before anything of it is unpacked', async () => {
      const mebibyte = gzipSync(Buffer.alloc(1_048_576, 32));
      const bomb = new Uint8Array(Buffer.concat(Array.from({ length: 200 }, () => mebibyte)));
      const before = process.memoryUsage().rss;

      await refused(
        ['POST', '/tasks', { raw: bomb, headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }],
        415,
      );

      expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(64);
    });

    test('a body that grows beyond the limit as it arrives is refused', async () => {
      const chunk = new Uint8Array(65_536).fill(32);
      let sent = 0;
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1;
          controller.enqueue(chunk);
        },
      });
      const request = new Request(`${URL_BASE}/tasks`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: endless,
        duplex: 'half',
      });

      const answer = await read(await ask.api.fetch(request, { remoteAddress: '127.0.0.1' }));

      expect(answer).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } });
      expect(sent).toBeLessThan(40); // 2 MiB and what was on its way
    });

    test('an idempotency key: the same request finds its task, another one is refused', async () => {
      const body = { ...BASE, idempotency_key: 'K' };
      const before = await stored(engine);

      const [made, found] = [
        await ask('POST', '/tasks', { body }),
        await ask('POST', '/tasks', { body }),
      ];
      const other = await ask('POST', '/tasks', { body: { ...body, context: { a: 2 } } });

      expect([made.status, found.status, other.status]).toEqual([201, 200, 409]);
      expect(other.json).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
      expect(await stored(engine)).toMatchObject({ tasks: (before['tasks'] ?? 0) + 1 });
    });

    test('an idempotency key fifty times at once: one is made, the others find it', async () => {
      const body = { ...BASE, idempotency_key: 'R' };
      const before = await stored(engine);

      const answers = await Promise.all(
        Array.from({ length: 50 }, () => ask('POST', '/tasks', { body })),
      );

      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 201)).toHaveLength(1);
      expect(statuses.filter((status) => status === 200)).toHaveLength(49);
      const tasks = answers.map(({ json }) => (json as { task: { task_id: number } }).task.task_id); // sound: 2xx
      expect(new Set(tasks).size).toBe(1);
      expect(await stored(engine)).toMatchObject({ tasks: (before['tasks'] ?? 0) + 1 });
    });
  });

  test.each(
    BAD_PARAMETERS.map(([method, path, status]) => [method, shown(path), path, status] as const),
  )('%s %s is refused', async (method, _, path, status) => {
    const { task, other } = ids;
    const url = path.replace('TASK', String(task)).replace('OTHER', String(other));

    const answer = await refused([method, url], status);

    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST|PATCH/);
  });

  test.each<[string, Readonly<Record<string, string>>, number]>([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', { 'content-type': 'text/plain' }, 415],
    ['a form with files', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['UTF-7', { 'content-type': 'application/json; charset=utf-7' }, 415],
    ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['an empty type', { 'content-type': '' }, 415],
    ['a coding nobody knows', { ...JSON_TYPE, 'content-encoding': 'br, gzip' }, 415],
    [
      'the origin of another site',
      { ...JSON_TYPE, origin: 'https://evil.example', cookie: 'a=b' },
      403,
    ],
    ['a hidden origin', { ...JSON_TYPE, origin: 'null' }, 403],
    ['a neighbouring port as origin', { ...JSON_TYPE, origin: 'http://localhost:8080' }, 403],
    ['another site by its own word', { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' }, 403],
    ['a web socket', { ...JSON_TYPE, upgrade: 'websocket' }, 400],
  ])('a request with %s is refused', async (_, headers, status) => {
    await refused(['POST', '/tasks', { raw: JSON.stringify(BASE), headers }], status);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '169.254.169.254',
  ])('a page that calls this machine %s is not served', async (host) => {
    const answer = await read(
      await ask.api.fetch(requestOf('GET', `http://${host}/tasker/tasks`), {
        remoteAddress: '127.0.0.1',
      }),
    );

    expect(answer).toMatchObject({ status: 421, json: { code: 'HOST_NOT_ALLOWED' } });
  });

  test('a claim to come from this machine is not believed', async () => {
    const headers = {
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'for=127.0.0.1',
      'x-real-ip': '::1',
    };
    const answer = await read(
      await ask.api.fetch(requestOf('GET', `${URL_BASE}/tasks`, { headers }), {
        remoteAddress: '203.0.113.9',
      }),
    );

    expect(answer).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
  });

  test('XML is not what is answered, whatever is accepted', async () => {
    const answer = await ask('GET', '/tasks', { headers: { accept: 'application/xml' } });

    expect([200, 406]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/json/);
  });

  describe('a change of', () => {
    const change = (path: string, body: unknown, headers = {}): readonly [string, string, Ask] => [
      'PATCH',
      path,
      { raw: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } },
    ];

    test.each<[string, unknown]>([
      ['its status', { status: 'complete' }],
      ['its status, wrapped', { task: { status: 'complete' } }],
      ['its context', { context: {} }],
      ['its revision', { revision: '1' }],
      ['tags that are null', { tags: null }],
      ['a NUL in its reason', { reason: 'a\u0000' }],
    ])('a task that names %s is refused', async (_, body) => {
      await refused(change(`/tasks/${ids.task}`, body), 422);
    });

    test.each<[string, unknown]>([
      ['its results', { results: {} }],
      ['its status', { workflow_step: { status: 'complete' } }],
      ['its attempts', { attempts: 0 }],
      ['nothing', {}],
      ['a limit of 0', { retry_limit: 0 }],
      ['a limit beyond 32 bits', { retry_limit: 2_147_483_648 }],
      ['inputs that are a list', { inputs: [] }],
      ['inputs that do not fit', { inputs: { cart_id: 'x' } }],
    ])('a step that names %s is refused', async (_, body) => {
      await refused(change(`/tasks/${ids.task}/workflow_steps/${ids.step}`, body), 422);
    });

    test('a task as it was before somebody else changed it is refused', async () => {
      const path = `/tasks/${ids.task}`;
      const old = await ask('GET', path);
      await ask('PATCH', path, { body: { reason: 'in between' } });
      const ifOld = { 'if-match': old.headers.get('etag') ?? '' };

      await refused(change(path, { reason: 'late' }, ifOld), 412);
      await refused(change(path, { reason: 'late' }, { 'if-match': '"of-something-else"' }), 412);
      await refused(change(path, { reason: 'late' }, { 'if-match': '1, 2' }), 400);
    });
  });

  test('cancelling twice is fine; what is over cannot be cancelled', async () => {
    const { taskId } = await engine.tasker.create('w', { context: {} });
    const url = `/tasks/${taskId}`;
    expect([(await ask('DELETE', url)).status, (await ask('DELETE', url)).status]).toEqual([
      200, 200,
    ]);

    const done = await engine.tasker.create('w', { context: {} });
    await engine.tasker.resolveTask(done.taskId, { actor: 'test' });
    await refused(['DELETE', `/tasks/${done.taskId}`], 409);
  });

  test('a namespace that is not theirs has no rows for a caller', async () => {
    const api = createApi(engine.tasker, { authenticate: as(caller(undefined, ['mine'])) });
    for (const path of ['/tasks?namespace=default', '/tasks', '/tasks?name=default/w']) {
      const answer = await read(await api.fetch(requestOf('GET', `${URL_BASE}${path}`)));
      expect(answer).toMatchObject({ status: 200, json: { tasks: [], total: 0 } });
    }
    await api.close();
  });
});

/** A path as it stands in the name of a test. */
function shown(path: string): string {
  return path.length <= 80 ? path : `${path.slice(0, 60)}… (${path.length} letters)`;
}

/** A problem document that tells nothing of the inside. */
function isProblem({ headers, json, text, status }: Answer): void {
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(json).toMatchObject({
    status,
    code: expect.stringMatching(/^[A-Z_]+$/) as unknown,
    hint: expect.any(String) as unknown,
    request_id: headers.get('x-request-id'),
  });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
  for (const pattern of INSIDE) expect(text).not.toMatch(pattern);
}
