import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi, type TaskerApi } from '../../src/api/app.ts';
import { anyOf } from '../../src/api/auth/any-of.ts';
import { apiKeys } from '../../src/api/auth/api-keys.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { createJsonLogger } from '../../src/telemetry/json-logger.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, until, type Engine } from '../support/engine.ts';

/**
 * Secrets that are pushed through every path; afterwards every table, every log line, the metrics and every answer is searched for
 * them. What the owner of a task puts into its context, its results and its annotations is the owner's data: it is stored where they
 * put it, and shown to those who may see payloads. Everything else may be found nowhere.
 */
const CANARY = (name: string): string => `CANARYc0ffee${name}`;

/** Where each of them may be stored. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  [CANARY('ContextPassword')]: ['tasks'],
  [CANARY('ContextText')]: ['tasks'],
  [CANARY('ResultApiKey')]: ['workflow_steps'],
  [CANARY('ResultText')]: ['workflow_steps'],
  [CANARY('AnnotationToken')]: ['task_annotations'],
};

/** What may be found nowhere at all. */
const STRANGERS = [
  'UrlPassword',
  'Assigned',
  'ErrorData',
  'CauseBearer',
  'Pem',
  'Jwt',
  'StackCookie',
  'Bearer',
  'Param',
  'BodyField',
  'SetCookie',
  'WrongKey',
  'WrongBearer',
  'Query',
  'Cookie',
  'UnknownField',
  'BrokenBody',
  'HostError',
  'WrongType',
].map(CANARY);
const AWS = 'AKIACANARYC0FFEEAWS1';

const leaky = defineTask({ name: 'leaky', identity: 'none' }, (t) => {
  const keep = t.step('keep', {}, () => ({
    api_key: CANARY('ResultApiKey'),
    note: CANARY('ResultText'),
  }));
  const throwing = (name: string, make: () => Error): void => {
    t.step(name, { dependsOn: { keep }, retryLimit: 2, backoff: 'none' }, () => {
      throw make();
    });
  };
  throwing(
    'address',
    () => new Error(`connect postgres://app:${CANARY('UrlPassword')}@db/x failed`),
  );
  throwing(
    'assigned',
    () => new Error(`login failed: {"password":"${CANARY('Assigned')}"} and ${AWS}`),
  );
  throwing('data', () =>
    Object.assign(new Error('refused'), { data: { authToken: CANARY('ErrorData') } }),
  );
  throwing(
    'cause',
    () =>
      new Error('outer', {
        cause: new Error(`sent Authorization: Bearer ${CANARY('CauseBearer')}`),
      }),
  );
  throwing(
    'pem',
    () => new Error(`-----BEGIN PRIVATE KEY-----\n${CANARY('Pem')}\n-----END PRIVATE KEY-----`),
  );
  throwing('token', () => new Error(`got eyJhbGciOiJIUzI1NiJ9.${CANARY('Jwt')}.c2ln`));
  throwing('stack', () =>
    Object.assign(new Error('x'), {
      stack: `Error: x\n    Set-Cookie: sid=${CANARY('StackCookie')}`,
    }),
  );
  throwing('own_key', () => new Error(`cannot use ${ownKey}`));
  t.api('remote', {
    retryLimit: 2,
    backoff: 'none',
    handlerConfig: {
      url: '{{ secrets.BASE }}/{{ context.path }}',
      method: 'POST',
      params: { signature: '{{ secrets.PARAM }}' },
      auth: { bearer: '{{ secrets.BEARER }}' },
      body: { field: '{{ secrets.BODY }}' },
    },
  });
});

const EVERYTHING = `query ($id: ID!) {
  task(taskId: $id) {
    taskId
    context
    workflowSteps { name inputs results error }
    taskAnnotations { annotation }
  }
}`;

/** The API key of the run, which a handler quotes in an error. */
let ownKey = '';

describeOnEachDatabase('secrets', (database) => {
  let engine: Engine;
  let remote: Server;
  let api: TaskerApi;
  const log: string[] = [];
  const bodies: { readonly who: string; readonly text: string }[] = [];
  const keys: Record<string, string> = {};
  let received = '';

  beforeAll(async () => {
    remote = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      // A remote system that tells everything that it was sent, with an error.
      request.on('end', () => {
        response.writeHead(422, { 'set-cookie': `sid=${CANARY('SetCookie')}` });
        received = `${request.url} ${request.headers.authorization} ${Buffer.concat(chunks).toString()}`;
        response.end(received);
      });
    });
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    const address = remote.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const secrets: Readonly<Record<string, string>> = {
      BASE: `http://127.0.0.1:${port}`,
      PARAM: CANARY('Param'),
      BEARER: CANARY('Bearer'),
      BODY: CANARY('BodyField'),
    };
    const logger = createJsonLogger({
      level: 'debug',
      write: (line) => log.push(line),
      now: () => new Date(),
    });
    engine = await startEngine(database, {
      logger,
      secret: (name) => secrets[name],
      outbound: { allowPrivate: true },
    });
    for (const role of ['viewer', 'operator'] as const) {
      keys[role] = (
        await engine.tasker.apiKeys.create({ name: role, grants: [role], by: 'ann' })
      ).key;
    }
    ownKey = (await engine.tasker.apiKeys.create({ name: 'leaked', grants: ['viewer'], by: 'ann' }))
      .key;
    const broken = (request: Request): null => {
      if (request.headers.has('x-break'))
        throw new Error(`db said password=${CANARY('HostError')}`);
      return null;
    };
    api = createApi(engine.tasker, { authenticate: anyOf(broken, apiKeys(engine.tasker)), logger });
    await engine.tasker.register(leaky);
  });
  afterAll(async () => {
    await api.close();
    await new Promise((resolve) => remote.close(resolve));
    await engine.finish();
  });

  async function send(
    who: string,
    request: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ) {
    const [method = 'GET', path = ''] = request.split(' ');
    const key = keys[who];
    const response = await api.fetch(
      new Request(`http://localhost/tasker${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...more.headers,
        },
        ...(more.body === undefined ? {} : { body: more.body }),
      }),
    );
    const headers = [...response.headers].map((header) => header.join(': ')).join('\n');
    const text = `${headers}\n${await response.text()}`;
    bodies.push({ who, text });
    return response.status;
  }

  test('are found only where their owner put them', async () => {
    const created = await engine.tasker.create('leaky', {
      context: { password: CANARY('ContextPassword'), note: CANARY('ContextText'), path: 'orders' },
    });
    const { taskId } = created;
    const stream = await api.fetch(
      new Request(`http://localhost/tasker/tasks/${taskId}/events?until=settled`, {
        headers: { authorization: `Bearer ${keys['viewer']}` },
      }),
    );
    await engine.tasker.annotate(taskId, 'note', { token: CANARY('AnnotationToken') });
    await until(
      'the task has failed',
      async () => (await engine.tasker.task(taskId)).status === 'error',
    );
    bodies.push({ who: 'viewer', text: await stream.text() });

    const steps = await engine.tasker.steps(taskId);
    // Each of them had its chance: every step but the first has failed, and its error is stored.
    const errors = steps.flatMap(({ status, error }) =>
      status === 'error' && error !== null ? [error] : [],
    );
    expect(errors).toHaveLength(steps.length - 1);
    expect(errors.at(-1)?.message).toContain('422');
    expect(received).toContain(CANARY('Bearer'));

    await refusals(taskId);
    for (const who of ['viewer', 'operator']) {
      expect(await send(who, 'GET /tasks?limit=5')).toBe(200);
      for (const path of ['', '/workflow_steps', '/attempts', '/annotations', '/operator_log'])
        await send(who, `GET /tasks/${taskId}${path}`);
      await send(who, 'GET /definitions');
      const graphql = { query: EVERYTHING, variables: { id: String(taskId) } };
      expect(await send(who, 'POST /graphql', { body: JSON.stringify(graphql) })).toBe(200);
      if (who === 'operator') expect(bodies.at(-1)?.text).toContain(CANARY('ResultText'));
      await send(who, 'GET /metrics');
      await send(who, 'GET /health/status');
    }

    expect(await placesOf([...STRANGERS, AWS, ownKey.slice(12)])).toEqual({});
    expect(await placesOf(Object.keys(OWNERS))).toEqual(OWNERS);
    const all = [...Object.keys(OWNERS), ...STRANGERS, AWS, ownKey.slice(12)];
    const outside = [...log, (await engine.tasker.metrics()).text].join('\n');
    expect(all.filter((secret) => outside.includes(secret))).toEqual([]);
    // The search finds what is there: an operator may see payloads.
    expect(seenBy('operator')).toEqual(Object.keys(OWNERS));
    for (const who of ['viewer', 'nobody']) expect(seenBy(who)).toEqual([]);
    expect(log.length).toBeGreaterThan(0);

    function seenBy(who: string): readonly string[] {
      const text = bodies
        .filter((body) => body.who === who)
        .map((body) => body.text)
        .join('\n');
      return all.filter((secret) => text.includes(secret));
    }
  });

  /** Requests that must fail, each with a secret in it. */
  async function refusals(taskId: number): Promise<void> {
    const json = (value: object): string => JSON.stringify(value);
    const ends = [
      await send('nobody', 'GET /tasks', { headers: { 'x-api-key': CANARY('WrongKey') } }),
      await send('nobody', 'GET /tasks', {
        headers: { authorization: `Bearer ${CANARY('WrongBearer')}` },
      }),
      await send('nobody', `GET /tasks?api_key=${CANARY('Query')}`, {
        headers: { cookie: `session=${CANARY('Cookie')}` },
      }),
      await send('nobody', `GET /tasks/${taskId}`, { headers: { 'x-break': '1' } }),
      await send('operator', `GET /tasks?api_key=${CANARY('Query')}`),
      await send('operator', 'POST /tasks', {
        body: json({ name: 'leaky', context: {}, passwrod: CANARY('UnknownField') }),
      }),
      await send('operator', 'POST /tasks', {
        body: `{"name":"leaky","password":"${CANARY('BrokenBody')}`,
      }),
      await send('operator', `PATCH /tasks/${taskId}`, {
        body: json({ tags: CANARY('WrongType') }),
      }),
    ];
    expect(ends).toEqual([401, 401, 401, 503, 422, 422, 400, 422]);
  }

  /** The tables in which each secret is found, as text. */
  async function placesOf(
    secrets: readonly string[],
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const tables = await engine.sql(
      'select table_name as name from information_schema.tables where table_schema = $1 order by 1',
      [engine.schema],
    );
    expect(tables.length).toBeGreaterThan(10);
    const places: Record<string, string[]> = {};
    for (const { name } of tables) {
      const rows = await engine.sql(`select t::text as text from {schema}.${String(name)} as t`);
      const text = rows.map((row) => String(row['text'])).join('\n');
      for (const secret of secrets) {
        if (text.includes(secret)) places[secret] = [...(places[secret] ?? []), String(name)];
      }
    }
    return places;
  }
});
